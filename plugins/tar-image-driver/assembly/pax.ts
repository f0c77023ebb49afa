// Extended headers (pax, POSIX.1-2001): `LENGTH KEY=VALUE\n`, one after the other.
import { textOf } from "@wasm-plugin/assemblyscript";
import { textAt } from "./header";
import { problem } from "./problem";

/** What the headers in front of an entry say of it; null or `has…` false where they say nothing. */
export class Extended {
  path: string | null = null;
  target: string | null = null;
  size: i64 = -1;
  uid: i64 = -1;
  gid: i64 = -1;
  hasMtime: bool = false;
  mtime: i64 = 0;
  mtimeNs: i32 = 0;
  /** How many extended attributes there are, which no root here keeps. */
  attributes: i32 = 0;

  copy(): Extended {
    const copy = new Extended();
    copy.path = this.path;
    copy.target = this.target;
    copy.size = this.size;
    copy.uid = this.uid;
    copy.gid = this.gid;
    copy.hasMtime = this.hasMtime;
    copy.mtime = this.mtime;
    copy.mtimeNs = this.mtimeNs;
    return copy;
  }

  /** Add what a header says. False after a problem. */
  read(bytes: Uint8Array): bool {
    for (let at = 0; at < bytes.length;) {
      let size = 0;
      let i = at;
      for (; i < bytes.length && bytes[i] >= 0x30 && bytes[i] <= 0x39 && size < bytes.length; ++i) size = size * 10 + bytes[i] - 0x30;
      // A length covers itself, the space, the equals sign and the newline.
      if (i == at || size < i - at + 3 || size > bytes.length - at || bytes[i] != 0x20 || bytes[at + size - 1] != 0x0a) {
        return problem("an extended header is damaged");
      }
      let equals = ++i;
      while (equals < at + size && bytes[equals] != 0x3d) ++equals;
      if (equals == at + size) return problem("an extended header is damaged");
      if (!this.set(textOf(bytes.subarray(i, equals)), bytes, equals + 1, at + size - 1)) return false;
      at += size;
    }
    return true;
  }

  private set(key: string, bytes: Uint8Array, from: i32, to: i32): bool {
    if (key.startsWith("GNU.sparse.")) return problem("it holds a sparse file, which this driver does not know");
    if (key.startsWith("SCHILY.xattr.") || key.startsWith("LIBARCHIVE.xattr.") || key.startsWith("SCHILY.acl.")) {
      ++this.attributes;
      return true;
    }
    const known = key == "path" || key == "linkpath" || key == "size" || key == "uid" || key == "gid" || key == "mtime";
    if (!known) return true;
    const value = textAt(bytes, from, to - from);
    if (value === null) return false;
    // An empty value takes back what was said before.
    const empty = value.length == 0;
    if (key == "path") this.path = empty ? null : value;
    else if (key == "linkpath") this.target = empty ? null : value;
    else if (key == "mtime") return this.setTime(value);
    else {
      const number = empty ? -1 : decimal(value);
      if (!empty && number < 0) return problem("the " + key + ' "' + value + '" of an extended header is no number');
      if (key == "size") this.size = number;
      else if (key == "uid") this.uid = number;
      else this.gid = number;
    }
    return true;
  }

  private setTime(value: string): bool {
    this.hasMtime = value.length > 0;
    if (!this.hasMtime) return true;
    const negative = value.startsWith("-");
    const dot = value.indexOf(".");
    const whole = decimal(value.substring(negative ? 1 : 0, dot < 0 ? value.length : dot));
    const fraction = dot < 0 ? 0 : decimal(value.substring(dot + 1, dot + 10).padEnd(9, "0"));
    if (whole < 0 || fraction < 0) return problem('the time "' + value + '" of an extended header is no number');
    this.mtime = negative ? (fraction > 0 ? -whole - 1 : -whole) : whole;
    this.mtimeNs = <i32>(negative && fraction > 0 ? 1000000000 - fraction : fraction);
    return true;
  }
}

/** Digits only, up to 2^53; else -1. */
function decimal(text: string): i64 {
  if (text.length == 0 || text.length > 16) return -1;
  let value: i64 = 0;
  for (let i = 0; i < text.length; ++i) {
    const digit = text.charCodeAt(i) - 0x30;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value <= 9007199254740991 ? value : -1;
}
