import { readFileSync } from "node:fs";
import { join } from "node:path";

/**
 * Whether a LibTorch has C++11's `std::string`, as its wheels do since 2.6 and distributions' always did. What is linked
 * with it must have the same. No header says so, but the names of its functions that take strings do.
 *
 * @param libraries - the folder that holds `libc10.so`.
 */
export function hasCxx11Abi(libraries: string): boolean {
  return /_ZN3c105ErrorC\w*7__cxx11/.test(readFileSync(join(libraries, "libc10.so"), "latin1"));
}
