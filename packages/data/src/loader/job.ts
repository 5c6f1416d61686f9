import { ImageError, type ImageSet, type Scan } from "../image.ts";
import { prepareVolume, type VolumePreparation } from "../formats/prepare-volume.ts";
import { noteShared } from "../formats/shared-memory.ts";
import { type ModuleCall, resultOf } from "./module-call.ts";
import { type BatchTask, makeBatch, type ViewBatch } from "./view-batch.ts";

/** Reads one image of a set that each thread opens itself. */
export interface ReadTask {
  /** A call that gives the {@link ImageSet}; its module is `@dira/data` if none is named. */
  readonly source: ModuleCall;
  readonly index: number;
  /** As in {@link ImageSet.read}. */
  readonly side?: number | undefined;
  /** What volumes go through in the thread that reads them. @defaultValue nothing */
  readonly volumes?: VolumePreparation | undefined;
}

/** What a thread can be asked to do. */
export type Job =
  | { readonly kind: "batch"; readonly task: BatchTask }
  | { readonly kind: "read"; readonly task: ReadTask };

/** What came of it. */
export type Outcome =
  { readonly result: ViewBatch | Scan } | { readonly error: string; readonly unreadable: boolean };

/** Does a job in this thread. */
export async function doJob(job: Job): Promise<ViewBatch | Scan> {
  if (job.kind === "batch") {
    for (const { data } of new Set(job.task.images)) noteShared(data.byteLength);
    return makeBatch(job.task);
  }
  const { source, ...how } = job.task;
  return readPrepared(await resultOf<ImageSet>(source, "@dira/data"), how);
}

/** Reads an image of a set, prepared where volumes are to be. */
export async function readPrepared(
  set: ImageSet,
  { index, side, volumes }: Omit<ReadTask, "source">,
): Promise<Scan> {
  const scan = await set.read(index, side);
  return volumes === undefined ? scan : prepareVolume(scan, volumes, set.id(index));
}

/** Does a job and says what went wrong instead of throwing it. */
export async function outcomeOf(job: Job): Promise<Outcome> {
  try {
    return { result: await doJob(job) };
  } catch (error) {
    const unreadable = error instanceof ImageError;
    return { error: error instanceof Error ? error.message : String(error), unreadable };
  }
}

/** The memory that a result can hand over instead of copying it; shared memory stays shared. */
export function transferables(result: ViewBatch | Scan): ArrayBuffer[] {
  const arrays =
    "views" in result
      ? [...result.views, ...(result.target === undefined ? [] : [result.target])].flatMap(
          ({ data, mask, inpainted }) => [data, mask, inpainted],
        )
      : [result.data];
  return arrays.flatMap((array) => (array?.buffer instanceof ArrayBuffer ? [array.buffer] : []));
}
