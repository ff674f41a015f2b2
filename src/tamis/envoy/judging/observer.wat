;; A plugin that reads and writes what VMs of one vm_id share. Its configuration is a row of
;; commands; `bytes` are a little-endian u32 and that many bytes:
;;   'S' bytes bytes   sets the shared data of that key, unless it is there
;;   'G' bytes         logs the shared data of that key
;;   'Q' bytes bytes   empties the queue of that vm_id and name, and logs each item
;; It logs "key value" or "name item" in hexadecimal.
(module
  (import "env" "proxy_log" (func $log (param i32 i32 i32) (result i32)))
  (import "env" "proxy_get_buffer_bytes"
    (func $buffer (param i32 i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_get_shared_data" (func $get (param i32 i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_set_shared_data" (func $set (param i32 i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_resolve_shared_queue"
    (func $resolve (param i32 i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_dequeue_shared_queue" (func $dequeue (param i32 i32 i32) (result i32)))
  (memory (export "memory") 2)
  (func (export "proxy_abi_version_0_2_1"))
  (data (i32.const 16) "0123456789abcdef")
  (global $top (mut i32) (i32.const 1024))
  (global $at (mut i32) (i32.const 0))
  (global $end (mut i32) (i32.const 0))

  ;; At 0: an address, at 4: a size, at 8: a number that is not needed or a token.
  (func $malloc (export "malloc") (param $size i32) (result i32)
    (local $given i32)
    (local.set $given (global.get $top))
    (global.set $top
      (i32.and (i32.add (i32.add (global.get $top) (local.get $size)) (i32.const 7))
               (i32.const -8)))
    (if (i32.gt_u (global.get $top) (i32.shl (memory.size) (i32.const 16)))
      (then (drop (memory.grow
        (i32.add (i32.shr_u (local.get $size) (i32.const 16)) (i32.const 2))))))
    (local.get $given))

  ;; Steps behind `bytes`; their address.
  (func $bytes (result i32)
    (local $from i32)
    (local.set $from (i32.add (global.get $at) (i32.const 4)))
    (global.set $at
      (i32.add (local.get $from) (i32.load (global.get $at))))
    (local.get $from))

  (func $hex (param $to i32) (param $from i32) (param $size i32) (result i32)
    (local $byte i32)
    (block $done
      (loop $next
        (br_if $done (i32.eqz (local.get $size)))
        (local.set $byte (i32.load8_u (local.get $from)))
        (i32.store8 (local.get $to)
          (i32.load8_u offset=16 (i32.shr_u (local.get $byte) (i32.const 4))))
        (i32.store8 offset=1 (local.get $to)
          (i32.load8_u offset=16 (i32.and (local.get $byte) (i32.const 15))))
        (local.set $to (i32.add (local.get $to) (i32.const 2)))
        (local.set $from (i32.add (local.get $from) (i32.const 1)))
        (local.set $size (i32.sub (local.get $size) (i32.const 1)))
        (br $next)))
    (local.get $to))

  ;; Logs a name and what the host put at 0 and 4.
  (func $tell (param $name i32) (param $name_size i32)
    (local $text i32) (local $to i32)
    (local.set $text (call $malloc
      (i32.add (i32.shl (i32.add (local.get $name_size) (i32.load (i32.const 4))) (i32.const 1))
               (i32.const 1))))
    (local.set $to (call $hex (local.get $text) (local.get $name) (local.get $name_size)))
    (i32.store8 (local.get $to) (i32.const 32))
    (local.set $to (call $hex (i32.add (local.get $to) (i32.const 1))
      (i32.load (i32.const 0)) (i32.load (i32.const 4))))
    (drop (call $log (i32.const 2) (local.get $text)
      (i32.sub (local.get $to) (local.get $text)))))

  (func $found (param $key i32) (param $size i32) (result i32)
    (i32.store (i32.const 4) (i32.const 0))
    (i32.eqz (call $get (local.get $key) (local.get $size)
      (i32.const 0) (i32.const 4) (i32.const 8))))

  (func $step
    (local $what i32) (local $key i32) (local $key_size i32) (local $value i32) (local $size i32)
    (local.set $what (i32.load8_u (global.get $at)))
    (global.set $at (i32.add (global.get $at) (i32.const 1)))
    (local.set $key_size (i32.load (global.get $at)))
    (local.set $key (call $bytes))
    (if (i32.eq (local.get $what) (i32.const 71)) ;; G
      (then
        (if (call $found (local.get $key) (local.get $key_size))
          (then (call $tell (local.get $key) (local.get $key_size))))
        (return)))
    (local.set $size (i32.load (global.get $at)))
    (local.set $value (call $bytes))
    (if (i32.eq (local.get $what) (i32.const 83)) ;; S
      (then
        (if (i32.eqz (call $found (local.get $key) (local.get $key_size)))
          (then (drop (call $set (local.get $key) (local.get $key_size)
            (local.get $value) (local.get $size) (i32.const 0)))))
        (return)))
    (if (call $resolve (local.get $key) (local.get $key_size)
          (local.get $value) (local.get $size) (i32.const 8))
      (then (return)))
    (block $empty
      (loop $next
        (i32.store (i32.const 4) (i32.const 0))
        (br_if $empty (call $dequeue (i32.load (i32.const 8)) (i32.const 0) (i32.const 4)))
        (call $tell (local.get $value) (local.get $size))
        (br $next))))

  (func (export "proxy_on_configure") (param i32) (param $size i32) (result i32)
    (drop (call $buffer (i32.const 7) (i32.const 0) (local.get $size)
      (i32.const 0) (i32.const 4)))
    (global.set $at (i32.load (i32.const 0)))
    (global.set $end (i32.add (global.get $at) (i32.load (i32.const 4))))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (global.get $at) (global.get $end)))
        (call $step)
        (br $next)))
    (i32.const 1)))
