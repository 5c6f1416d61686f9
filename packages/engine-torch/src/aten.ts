import { addon, type Argument, type OperatorHandle, type Result, type Slot } from "./addon.ts";

/**
 * An operator of ATen as a function: `const add = aten("add.Tensor")`, then `add(a, b)`. Looked up at its first call,
 * so that one which an older LibTorch lacks costs only who calls it.
 *
 * @typeParam R - what it returns: one slot, or several, as its schema says.
 * @see https://github.com/pytorch/pytorch/blob/main/aten/src/ATen/native/native_functions.yaml
 */
export function aten<R extends Result = Slot>(name: string): (...given: readonly Argument[]) => R {
  let operator: OperatorHandle | undefined;
  return (...given) => {
    const native = addon();
    operator ??= native.open(name);
    return native.call(operator, ...given) as R;
  };
}
