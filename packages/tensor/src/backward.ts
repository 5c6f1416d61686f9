import * as tf from "@tensorflow/tfjs";

/** A scalar and its gradients, in the order of what they were asked for. */
export interface ValueAndGradients {
  readonly value: tf.Scalar;
  /** `undefined` where the value does not depend on it. */
  readonly gradients: readonly (tf.Tensor | undefined)[];
}

/** One recorded operation of TensorFlow.js's tape. */
interface TapeNode {
  readonly id: number;
  readonly kernelName: string;
  readonly inputs: Readonly<Record<string, tf.Tensor>>;
  readonly outputs: readonly tf.Tensor[];
  readonly saved?: readonly tf.Tensor[];
  readonly gradient?: (dys: (tf.Tensor | null)[]) => Record<string, () => tf.Tensor>;
}

/** What TensorFlow.js's engine has for `tf.grads` itself. */
interface TapeEngine {
  readonly state: { gradientDepth: number; activeTape: TapeNode[] | null };
  startTape(): void;
  endTape(): void;
}

/**
 * The value of `f` and its gradients: `tf.valueAndGrads` that lets go early. Each operation's saved
 * tensors and the gradients of its outputs are disposed of as soon as its own gradient is taken,
 * where TensorFlow.js keeps all of them until the end: at the turn from forward to backward the
 * memory in use is at its peak, and falls from there, as in PyTorch.
 *
 * Inside another gradient it is TensorFlow.js's own.
 *
 * @param f - gives a scalar. @param xs - tensors or variables that it uses.
 */
export function valueAndGradients(f: () => tf.Scalar, xs: readonly tf.Tensor[]): ValueAndGradients {
  const engine = tf.engine() as unknown as TapeEngine;
  if (engine.state.gradientDepth > 0) return byTensorFlowJs(f, xs);
  return tf.tidy(() => {
    const { value, tape } = record(engine, f);
    try {
      const needed = new Set(between(tape, xs, value));
      tape.filter((node) => !needed.has(node)).forEach(forget);
      const gradients = walkBack([...needed], value);
      return { value, gradients: xs.map((x) => gradients.get(x.id)) };
    } finally {
      tape.forEach(forget);
    }
  }) as ValueAndGradients;
}

function byTensorFlowJs(f: () => tf.Scalar, xs: readonly tf.Tensor[]): ValueAndGradients {
  const { value, grads } = tf.engine().gradients(f, [...xs], undefined, true);
  return { value, gradients: grads.map((gradient) => gradient ?? undefined) };
}

function record(engine: TapeEngine, f: () => tf.Scalar): { value: tf.Scalar; tape: TapeNode[] } {
  // A tape whose backward pass asks for this gradient; TensorFlow.js would lose it.
  const around = engine.state.activeTape;
  engine.startTape();
  const tape = engine.state.activeTape ?? [];
  try {
    return { value: tf.tidy(f), tape };
  } catch (error) {
    tape.forEach(forget);
    throw error;
  } finally {
    engine.endTape();
    engine.state.activeTape = around;
  }
}

/** The operations through which `y` depends on `xs`, in their order. */
function between(tape: readonly TapeNode[], xs: readonly tf.Tensor[], y: tf.Tensor): TapeNode[] {
  const fromXs = new Set(xs.map((x) => x.id));
  const after = tape.filter(({ inputs, outputs }) => {
    const depends = Object.values(inputs).some((input) => fromXs.has(input.id));
    if (depends) outputs.forEach((output) => fromXs.add(output.id));
    return depends;
  });
  const toY = new Set([y.id]);
  const kept = after.reverse().filter(({ inputs, outputs }) => {
    const leads = outputs.some((output) => toY.has(output.id));
    if (leads) Object.values(inputs).forEach((input) => toY.add(input.id));
    return leads;
  });
  return kept.reverse().map((node) => {
    const inputs = Object.entries(node.inputs).filter(([, input]) => fromXs.has(input.id));
    return Object.assign(node, { inputs: Object.fromEntries(inputs) });
  });
}

/** Gives the gradients of the tape's leaves by tensor id; those of everything else are freed. */
function walkBack(tape: readonly TapeNode[], y: tf.Scalar): Map<number, tf.Tensor> {
  const gradients = new Map<number, tf.Tensor>([[y.id, tf.onesLike(y)]]);
  for (const node of [...tape].reverse()) {
    const dys = node.outputs.map(({ id }) => gradients.get(id) ?? null);
    for (const [x, dx] of inputGradients(node, dys)) {
      const sum = gradients.get(x.id);
      gradients.set(x.id, sum === undefined ? dx : tf.add(sum, dx));
      if (sum !== undefined) tf.dispose([sum, dx]);
    }
    for (const { id } of node.outputs) gradients.delete(id);
    dys.forEach((dy) => dy?.dispose());
    forget(node);
  }
  return gradients;
}

/** The gradients of a node's inputs, each a tensor of its own. */
function inputGradients(
  { kernelName, inputs, gradient }: TapeNode,
  dys: (tf.Tensor | null)[],
): [tf.Tensor, tf.Tensor][] {
  if (gradient === undefined) {
    throw new Error(`Cannot compute gradient: gradient function not found for ${kernelName}.`);
  }
  const seen = new Set<tf.Tensor | null>(dys);
  const own = (dx: tf.Tensor): tf.Tensor => {
    const taken = seen.has(dx);
    seen.add(dx);
    return taken ? tf.clone(dx) : dx;
  };
  const taken = tf.tidy(() => {
    const byName = gradient(dys);
    return Object.keys(inputs).map((name) => own((byName[name] as () => tf.Tensor)()));
  });
  return Object.values(inputs).map((input, i) => [input, taken[i] as tf.Tensor]);
}

function forget({ saved = [] }: TapeNode): void {
  tf.dispose([...saved]);
}
