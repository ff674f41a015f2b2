// The exchange of benchmarks/modules/one_header.c in Go's proxytest, over wazero.
//
//	proxytest MODULE.wasm
//
// Reads the number of exchanges of each round, prints the seconds it took. The emulator never drops
// a stream: its memory grows, and with it its time.
package main

import (
	"bufio"
	"fmt"
	"os"
	"time"

	"github.com/proxy-wasm/proxy-wasm-go-sdk/proxywasm/proxytest"
)

var request = [][2]string{
	{":method", "GET"},
	{":path", "/index.html"},
	{":scheme", "http"},
	{":authority", "example.com"},
	{"user-agent", "curl/8.5.0"},
	{"accept", "*/*"},
	{"accept-encoding", "gzip"},
	{"accept-language", "en"},
	{"cookie", "session=0123456789abcdef"},
	{"x-request-id", "2f9f1bd2-3f2c-4f5e-9d0a-2f1f0a7d6c11"},
}

var response = [][2]string{
	{":status", "200"},
	{"content-type", "text/html"},
	{"content-length", "0"},
	{"server", "bench"},
	{"cache-control", "no-store"},
	{"vary", "accept-encoding"},
}

func main() {
	module, err := os.ReadFile(os.Args[1])
	if err != nil {
		panic(err)
	}
	vm, err := proxytest.NewWasmVMContext(module)
	if err != nil {
		panic(err)
	}
	defer vm.Close()
	host, reset := proxytest.NewHostEmulator(proxytest.NewEmulatorOption().WithVMContext(vm))
	defer reset()

	exchange := func() uint32 {
		id := host.InitializeHttpContext()
		host.CallOnRequestHeaders(id, request, true)
		host.CallOnResponseHeaders(id, response, true)
		host.CompleteHttpContext(id)
		return id
	}
	id := exchange()
	if len(host.GetCurrentRequestHeaders(id)) != 11 || len(host.GetCurrentResponseHeaders(id)) != 7 {
		panic("the filter did not run")
	}
	input := bufio.NewScanner(os.Stdin)
	for input.Scan() {
		var count int
		fmt.Sscan(input.Text(), &count)
		begin := time.Now()
		for i := 0; i < count; i++ {
			exchange()
		}
		fmt.Printf("%.9f\n", time.Since(begin).Seconds())
	}
}
