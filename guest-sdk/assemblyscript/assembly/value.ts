// A msgpack value of any kind: the OCI config, settings, flags, state, and the messages of hooks without a schema.
//
// What came from the host stays packed: `get` and `at` walk the bytes, so looking at one field of a large config decodes one
// field. The first `set`, `push` or `remove` unpacks that one level and those around it. Nothing here traps: what is not there is `Value.missing()`,
// which answers every question with the fallback, so a chain such as `config.get("process").get("env")` needs no checks.
import { isArrayTag, isIntTag, isMapTag, isStrTag, Reader } from "./reader";
import { Writer } from "./writer";

export enum ValueKind {
  Missing,
  Nil,
  Bool,
  Int,
  Float,
  String,
  Bytes,
  Array,
  Map,
}

export class Value {
  /** Packed: msgpack bytes, shared with the values around this one. Null when missing or unpacked. */
  private buffer: StaticArray<u8> | null = null;
  private start: i32 = 0;
  private size: i32 = 0;

  /** What a packed value was taken out of; a change of the part is a change of the whole. */
  private parent: Value | null = null;

  /** Unpacked: an array has `items`; a map has `names` beside them. */
  private items: Array<Value> | null = null;
  private names: Array<string> | null = null;

  /** What stands for a value that is not there; written as nil. */
  static missing(): Value {
    return new Value();
  }

  static nil(): Value {
    const writer = new Writer();
    writer.writeNil();
    return Value.written(writer);
  }

  /** An empty map; `Value.map().set("a", 1).set("b", "text")`. */
  static map(): Value {
    const value = new Value();
    value.items = [];
    value.names = [];
    return value;
  }

  /** An empty array; `Value.array().push(1).push("text")`. */
  static array(): Value {
    const value = new Value();
    value.items = [];
    return value;
  }

  /** From a bool, integer, float, string, `Uint8Array`, array of these, or another `Value`. */
  static from<T>(source: T): Value {
    if (isNullable<T>() && changetype<usize>(source) == 0) return Value.nil();
    if (source instanceof Value) return source;
    if (isArray<T>()) {
      const value = Value.array();
      for (let i = 0; i < source.length; ++i) value.push(source[i]);
      return value;
    }
    const writer = new Writer();
    if (isString<T>()) writer.writeStr(<string>source);
    else if (isBoolean<T>()) writer.writeBool(<bool>source);
    else if (isFloat<T>()) writer.writeF64(<f64>source);
    else if (isInteger<T>()) writer.writeInt(<i64>source);
    else if (source instanceof Uint8Array) writer.writeBin(source);
    else ERROR("Value.from() takes a bool, number, string, Uint8Array, array of these, or a Value");
    return Value.written(writer);
  }

  /** Whole msgpack bytes, for instance from a file; missing when they are not one well-formed value. */
  static parse(bytes: Uint8Array): Value {
    const reader = Reader.of(bytes);
    const value = reader.readValue();
    return reader.done ? value : Value.missing();
  }

  static decode(reader: Reader): Value {
    return reader.readValue();
  }

  /** A copy of `size` bytes that are known to be one well-formed value. */
  static packed(from: usize, size: usize): Value {
    const buffer = changetype<StaticArray<u8>>(__new(size, idof<StaticArray<u8>>()));
    memory.copy(changetype<usize>(buffer), from, size);
    return Value.shared(buffer, 0, <i32>size);
  }

  get kind(): ValueKind {
    if (this.items !== null) return this.names !== null ? ValueKind.Map : ValueKind.Array;
    const buffer = this.buffer;
    if (buffer === null) return ValueKind.Missing;
    const tag = load<u8>(changetype<usize>(buffer) + this.start);
    if (isMapTag(tag)) return ValueKind.Map;
    if (isArrayTag(tag)) return ValueKind.Array;
    if (isStrTag(tag)) return ValueKind.String;
    if (isIntTag(tag)) return ValueKind.Int;
    if (tag == 0xc0) return ValueKind.Nil;
    if (tag <= 0xc3) return ValueKind.Bool;
    return tag <= 0xc6 ? ValueKind.Bytes : ValueKind.Float;
  }

  /** Whether there is something: false for missing and for nil. */
  get exists(): bool {
    return this.kind > ValueKind.Nil;
  }

  /** Items of an array, entries of a map; 0 for everything else. */
  get length(): i32 {
    const items = this.items;
    if (items !== null) return items.length;
    const kind = this.kind;
    if (kind == ValueKind.Map) return this.reader().readMapHeader();
    return kind == ValueKind.Array ? this.reader().readArrayHeader() : 0;
  }

  /** The entry of a map; missing if there is none or this is no map. */
  get(key: string): Value {
    const names = this.names;
    if (names !== null) {
      const index = names.lastIndexOf(key);
      return index < 0 ? Value.missing() : this.items![index];
    }
    if (this.kind != ValueKind.Map) return Value.missing();
    const reader = this.reader();
    let found = Value.missing();
    for (let pairs = reader.readMapHeader(); pairs > 0; --pairs) {
      // The last of two equal keys wins, as on the host.
      if (reader.readStr() == key) found = this.next(reader);
      else reader.skip();
    }
    return found;
  }

  has(key: string): bool {
    return this.get(key).kind != ValueKind.Missing;
  }

  /** The item of an array, or the value of the map's entry at `index`, from 0; missing outside. */
  at(index: i32): Value {
    if (index < 0 || index >= this.length) return Value.missing();
    const items = this.items;
    if (items !== null) return items[index];
    const reader = this.reader();
    const isMap = this.kind == ValueKind.Map;
    if (isMap) reader.readMapHeader();
    else reader.readArrayHeader();
    for (; index > 0; --index) {
      if (isMap) reader.skip();
      reader.skip();
    }
    if (isMap) reader.skip();
    return this.next(reader);
  }

  /** The keys of a map in their order; none for everything else. */
  keys(): Array<string> {
    const names = this.names;
    if (names !== null) return names.slice(0);
    const keys = new Array<string>();
    if (this.kind != ValueKind.Map) return keys;
    const reader = this.reader();
    for (let pairs = reader.readMapHeader(); pairs > 0; --pairs) {
      keys.push(reader.readStr());
      reader.skip();
    }
    return keys;
  }

  /** The items of an array, or the values of a map. */
  values(): Array<Value> {
    const items = this.items;
    return items !== null ? items.slice(0) : this.unpackedItems();
  }

  asBool(fallback: bool = false): bool {
    return this.kind == ValueKind.Bool ? this.reader().readBool() : fallback;
  }

  /** An integer, or a float without a fraction. */
  asInt(fallback: i64 = 0): i64 {
    if (this.kind != ValueKind.Int && this.kind != ValueKind.Float) return fallback;
    const reader = this.reader();
    const value = reader.readInt();
    return reader.failed ? fallback : value;
  }

  asFloat(fallback: f64 = 0): f64 {
    const kind = this.kind;
    return kind == ValueKind.Float || kind == ValueKind.Int ? this.reader().readF64() : fallback;
  }

  asString(fallback: string = ""): string {
    return this.kind == ValueKind.String ? this.reader().readStr() : fallback;
  }

  /** A copy; empty if these are no bytes. */
  asBytes(): Uint8Array {
    return this.kind == ValueKind.Bytes ? this.reader().readBin() : new Uint8Array(0);
  }

  /** The strings of an array of strings; items of other kinds are left out. */
  asStrings(): Array<string> {
    const strings = new Array<string>();
    const items = this.values();
    for (let i = 0; i < items.length; ++i) {
      if (items[i].kind == ValueKind.String) strings.push(items[i].asString());
    }
    return strings;
  }

  /** Set a map's entry; anything that is not a map becomes one first. Takes what `Value.from` takes. */
  set<T>(key: string, value: T): Value {
    this.unpack(ValueKind.Map);
    const names = this.names!;
    const items = this.items!;
    const index = names.lastIndexOf(key);
    if (index >= 0) items[index] = Value.from<T>(value);
    else {
      names.push(key);
      items.push(Value.from<T>(value));
    }
    return this;
  }

  /** Append to an array; anything that is not an array becomes one first. */
  push<T>(value: T): Value {
    this.unpack(ValueKind.Array);
    this.items!.push(Value.from<T>(value));
    return this;
  }

  /** Remove a map's entry if it is there. */
  remove(key: string): Value {
    if (this.kind != ValueKind.Map) return this;
    this.unpack(ValueKind.Map);
    const names = this.names!;
    for (let index = names.lastIndexOf(key); index >= 0; index = names.lastIndexOf(key)) {
      names.splice(index, 1);
      this.items!.splice(index, 1);
    }
    return this;
  }

  encode(writer: Writer): void {
    const items = this.items;
    const buffer = this.buffer;
    if (items !== null) {
      const names = this.names;
      if (names !== null) writer.writeMapHeader(items.length);
      else writer.writeArrayHeader(items.length);
      for (let i = 0; i < items.length; ++i) {
        if (names !== null) writer.writeStr(names[i]);
        items[i].encode(writer);
      }
    } else if (buffer !== null) writer.writeRaw(changetype<usize>(buffer) + this.start, this.size);
    else writer.writeNil();
  }

  /** As JSON, for log lines; bytes become `"<n bytes>"`. */
  toString(): string {
    switch (this.kind) {
      case ValueKind.Bool: return this.asBool() ? "true" : "false";
      case ValueKind.Int: return this.asInt().toString();
      case ValueKind.Float: return this.asFloat().toString();
      case ValueKind.String: return quote(this.asString());
      case ValueKind.Bytes: return '"<' + this.asBytes().length.toString() + ' bytes>"';
      case ValueKind.Array: return "[" + this.values().join(",") + "]";
      case ValueKind.Map: {
        const names = this.keys();
        const items = this.values();
        const parts = new Array<string>(names.length);
        for (let i = 0; i < names.length; ++i) parts[i] = quote(names[i]) + ":" + items[i].toString();
        return "{" + parts.join(",") + "}";
      }
      default: return "null";
    }
  }

  private static written(writer: Writer): Value {
    return Value.packed(writer.dataStart, writer.length);
  }

  private static shared(buffer: StaticArray<u8>, start: i32, size: i32): Value {
    const value = new Value();
    value.buffer = buffer;
    value.start = start;
    value.size = size;
    return value;
  }

  private reader(): Reader {
    const from = changetype<usize>(this.buffer) + this.start;
    return new Reader(from, from + this.size);
  }

  /** The value that `reader`, which reads this value, comes to next: a view, not a copy. */
  private next(reader: Reader): Value {
    const from = reader.position;
    reader.skip();
    const buffer = this.buffer!;
    const part = Value.shared(buffer, <i32>(from - changetype<usize>(buffer)), <i32>(reader.position - from));
    part.parent = this;
    return part;
  }

  private unpackedItems(): Array<Value> {
    const items = new Array<Value>();
    const kind = this.kind;
    if (kind != ValueKind.Map && kind != ValueKind.Array) return items;
    const isMap = kind == ValueKind.Map;
    const reader = this.reader();
    for (let count = isMap ? reader.readMapHeader() : reader.readArrayHeader(); count > 0; --count) {
      if (isMap) reader.skip();
      items.push(this.next(reader));
    }
    return items;
  }

  /** Make this value an unpacked map or array: its own entries where it is one, else empty. */
  private unpack(kind: ValueKind): void {
    if (this.items !== null && this.kind == kind) return;
    const parent = this.parent;
    if (parent !== null) parent.adopt(this);
    const same = this.kind == kind;
    const items = same ? this.unpackedItems() : new Array<Value>();
    this.names = kind != ValueKind.Map ? null : same ? this.keys() : new Array<string>();
    this.items = items;
    this.buffer = null;
    this.parent = null;
  }

  /** Put a part that is about to change where its packed bytes are, unless something else has been set there since. */
  private adopt(part: Value): void {
    this.unpack(this.kind);
    const items = this.items!;
    for (let i = 0; i < items.length; ++i) {
      if (items[i].buffer === part.buffer && items[i].start == part.start) items[i] = part;
    }
  }
}

function quote(text: string): string {
  let out = '"';
  for (let i = 0; i < text.length; ++i) {
    const code = text.charCodeAt(i);
    if (code == 0x22 || code == 0x5c) out += "\\" + text.charAt(i);
    else if (code >= 0x20) out += text.charAt(i);
    else out += "\\u00" + (code < 0x10 ? "0" : "") + code.toString(16);
  }
  return out + '"';
}
