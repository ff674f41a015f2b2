// SPDX-License-Identifier: 0BSD
// Reads the filter's configuration: strings, numbers and booleans of one JSON object.

/** Deeper nesting is refused: a configuration must not exhaust the stack. */
const MAX_DEPTH = 64;

/**
 * The configuration. Ask for what you need, then look at `error`: it names the first thing that is wrong, or is empty.
 * A filter must not abort because of a configuration, so nothing here throws.
 */
export class Config {
  error: string = "";
  private members: Map<string, Member> = new Map<string, Member>();

  constructor(text: ArrayBuffer) {
    const reader = new Reader(text);
    if (!reader.document(this.members)) {
      this.error = "not a JSON object (byte " + reader.at.toString() + ")";
    }
  }

  /** The string under `name`; it may be empty. */
  text(name: string): string {
    if (!this.members.has(name)) return this.fail('"' + name + '" is missing');
    const member = this.members.get(name);
    if (!member.isString) return this.fail('"' + name + '" must be a string');
    return member.text;
  }

  /** The string under `name`; it may not be empty. */
  nonEmpty(name: string): string {
    const value = this.text(name);
    return value.length > 0 ? value : this.fail('"' + name + '" must not be empty');
  }

  /** The whole number under `name`, from `least`, 0 or more, to `most`; or `otherwise` when there is none. */
  integer(name: string, otherwise: i32, least: i32, most: i32): i32 {
    if (!this.members.has(name)) return otherwise;
    const member = this.members.get(name);
    // Up to 9 digits fit; what has a fraction or an exponent is refused.
    let value = member.isString || member.text.length > 9 ? -1 : 0;
    for (let i = 0; value >= 0 && i < member.text.length; i++) {
      const digit = member.text.charCodeAt(i) - 0x30 /* 0 */;
      value = digit >= 0 && digit <= 9 ? value * 10 + digit : -1;
    }
    if (value >= least && value <= most) return value;
    this.fail('"' + name + '" must be a whole number from ' + least.toString() + " to " + most.toString());
    return otherwise;
  }

  /** True or false under `name`, or `otherwise` when there is none. */
  boolean(name: string, otherwise: bool): bool {
    if (!this.members.has(name)) return otherwise;
    const member = this.members.get(name);
    if (member.isString || (member.text != "true" && member.text != "false")) {
      this.fail('"' + name + '" must be true or false');
    }
    return member.text == "true";
  }

  private fail(what: string): string {
    if (this.error.length == 0) this.error = what;
    return "";
  }
}

/** What stands under a name: a string, decoded, or the JSON of something else. */
class Member {
  constructor(public isString: bool, public text: string) {}
}

/** Walks over JSON (RFC 8259) in UTF-8. Each function leaves `at` behind what it read, or returns false at the mistake. */
class Reader {
  at: i32 = 0;
  private bytes: Uint8Array;
  private string: string = ""; // what quoted() read last

  constructor(text: ArrayBuffer) {
    this.bytes = Uint8Array.wrap(text);
  }

  document(members: Map<string, Member>): bool {
    this.space();
    if (!this.object(members, 0)) return false;
    this.space();
    return this.at == this.bytes.length;
  }

  /** Reads an object; keeps its members if a map is given. */
  private object(members: Map<string, Member> | null, depth: i32): bool {
    if (!this.take(0x7b /* { */)) return false;
    this.space();
    if (this.take(0x7d /* } */)) return true;
    do {
      this.space();
      if (!this.quoted()) return false;
      const name = this.string;
      this.space();
      if (!this.take(0x3a /* : */)) return false;
      this.space();
      const isString = this.peek() == 0x22 /* " */;
      const start = this.at;
      if (!this.value(depth + 1)) return false;
      if (members !== null) {
        // No `?:` between a field and a call: the compiler would release the field's string once too often.
        if (!isString) this.string = this.since(start);
        members.set(name, new Member(isString, this.string));
      }
      this.space();
    } while (this.take(0x2c /* , */));
    return this.take(0x7d /* } */);
  }

  /** The text from `start` to here. */
  private since(start: i32): string {
    return String.UTF8.decodeUnsafe(this.bytes.dataStart + start, this.at - start);
  }

  private array(depth: i32): bool {
    if (!this.take(0x5b /* [ */)) return false;
    this.space();
    if (this.take(0x5d /* ] */)) return true;
    do {
      this.space();
      if (!this.value(depth + 1)) return false;
      this.space();
    } while (this.take(0x2c /* , */));
    return this.take(0x5d /* ] */);
  }

  private value(depth: i32): bool {
    if (depth > MAX_DEPTH) return false;
    switch (this.peek()) {
      case 0x22 /* " */: return this.quoted();
      case 0x7b /* { */: return this.object(null, depth);
      case 0x5b /* [ */: return this.array(depth);
      case 0x74 /* t */: return this.word("true");
      case 0x66 /* f */: return this.word("false");
      case 0x6e /* n */: return this.word("null");
      default: return this.number();
    }
  }

  private word(word: string): bool {
    for (let i = 0; i < word.length; i++) {
      if (!this.take(word.charCodeAt(i))) return false;
    }
    return true;
  }

  private number(): bool {
    this.take(0x2d /* - */);
    if (!this.take(0x30 /* 0 */) && !this.digits()) return false;
    if (this.take(0x2e /* . */) && !this.digits()) return false;
    if (this.take(0x65 /* e */) || this.take(0x45 /* E */)) {
      if (!this.take(0x2b /* + */)) this.take(0x2d /* - */);
      return this.digits();
    }
    return true;
  }

  private digits(): bool {
    const start = this.at;
    while (this.peek() >= 0x30 && this.peek() <= 0x39) this.at++;
    return this.at > start;
  }

  private quoted(): bool {
    if (!this.take(0x22 /* " */)) return false;
    const units: i32[] = []; // UTF-16, as strings are
    for (;;) {
      const c = this.peek();
      if (c < 0x20) return false; // also the end of the text (-1)
      if (c == 0x22 /* " */) break;
      const point = c == 0x5c /* \ */ ? this.escape() : c < 0x80 ? this.next() : this.utf8();
      if (point < 0) return false;
      if (point > 0xffff) units.push((point - 0x10000) >> 10 | 0xd800);
      units.push(point > 0xffff ? point & 0x3ff | 0xdc00 : point);
    }
    this.at++;
    this.string = String.fromCharCodes(units);
    return true;
  }

  /** A backslash and what follows, or -1. Half a surrogate pair is refused: it has no UTF-8. */
  private escape(): i32 {
    this.at++;
    const c = this.next();
    switch (c) {
      case 0x22 /* " */: case 0x5c /* \ */: case 0x2f /* / */: return c;
      case 0x62 /* b */: return 0x08;
      case 0x66 /* f */: return 0x0c;
      case 0x6e /* n */: return 0x0a;
      case 0x72 /* r */: return 0x0d;
      case 0x74 /* t */: return 0x09;
      case 0x75 /* u */: break;
      default: return -1;
    }
    const unit = this.hex4();
    if ((unit & ~0x7ff) != 0xd800) return unit;
    if (unit >= 0xdc00 || !this.take(0x5c /* \ */) || !this.take(0x75 /* u */)) return -1;
    const low = this.hex4();
    return (low & ~0x3ff) == 0xdc00 ? 0x10000 + ((unit & 0x3ff) << 10 | low & 0x3ff) : -1;
  }

  private hex4(): i32 {
    let unit = 0;
    for (let i = 0; i < 4; i++) {
      const c = this.next();
      const letter = c | 0x20;
      if (c >= 0x30 && c <= 0x39) unit = unit << 4 | c - 0x30;
      else if (letter >= 0x61 && letter <= 0x66) unit = unit << 4 | letter - 0x57;
      else return -1;
    }
    return unit;
  }

  /** A character of two to four bytes, or -1: not UTF-8. */
  private utf8(): i32 {
    const first = this.next();
    const more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : 1;
    if (first < 0xc2 || first > 0xf4) return -1;
    let point = first & (0x3f >> more);
    for (let i = 0; i < more; i++) {
      const next = this.next();
      if ((next & ~0x3f) != 0x80) return -1;
      point = point << 6 | next & 0x3f;
    }
    const overlong = more == 2 && point < 0x800 || more == 3 && point < 0x10000;
    return overlong || (point & ~0x7ff) == 0xd800 || point > 0x10ffff ? -1 : point;
  }

  private space(): void {
    for (;;) {
      const c = this.peek();
      if (c != 0x20 && c != 0x09 && c != 0x0a && c != 0x0d) return;
      this.at++;
    }
  }

  /** The next byte, or -1 at the end. */
  private peek(): i32 {
    return this.at < this.bytes.length ? this.bytes[this.at] : -1;
  }

  private next(): i32 {
    const c = this.peek();
    this.at++;
    return c;
  }

  private take(c: i32): bool {
    if (this.peek() != c) return false;
    this.at++;
    return true;
  }
}
