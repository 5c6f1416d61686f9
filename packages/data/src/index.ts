export { cacheImages, type CacheOptions, cacheSide, type ImageCache } from "./cache/image-cache.ts";
export { decodeImage } from "./formats/decode-image.ts";
export { type DicomOptions, readDicom } from "./formats/dicom.ts";
export { type DicomHeader, type DicomWindow, readDicomHeader } from "./formats/dicom-header.ts";
export {
  type DicomSeriesOptions,
  listDicomSeries,
  readDicomSeries,
} from "./formats/dicom-series.ts";
export type { DicomGrey } from "./formats/dicom-values.ts";
export {
  affineOf,
  indexToWorld,
  orientationOf,
  type Placed,
  reorient,
  worldToIndex,
} from "./formats/geometry.ts";
export type { ReadLimits } from "./formats/limits.ts";
export { readMetaImage } from "./formats/metaimage.ts";
export { type NiftiOptions, readNifti } from "./formats/nifti.ts";
export { type NpyArray, type NpyOptions, readNpy } from "./formats/npy.ts";
export { placedCube } from "./formats/placed-cube.ts";
export type { PixelType } from "./formats/pixel-types.ts";
export { type RawArray, readRawArray } from "./formats/raw-array.ts";
export { prepareVolume, type VolumePreparation } from "./formats/prepare-volume.ts";
export { type ReadOptions, readScan } from "./formats/read-scan.ts";
export { type ResampleOptions, resampleTo } from "./formats/resample.ts";
export {
  dicomBytes,
  type DicomElement,
  type DicomWriteOptions,
  writeDicomSeries,
} from "./formats/write-dicom.ts";
export { writeMetaImage, writeNifti, writeNpy } from "./formats/write-volumes.ts";
export { DataError, ImageError, type ImageSet, type Scan } from "./image.ts";
export { makeFolder } from "./make-folder.ts";
export { brats, type BratsOptions } from "./sets/brats.ts";
export { chestXray14, type ChestXray14Options } from "./sets/chest-xray14.ts";
export { CHEST_XRAY14_LABELS } from "./sets/chest-xray14-tables.ts";
export { PHANTOM_LABELS } from "./phantom/anatomy.ts";
export {
  phantomBrainMr,
  type PhantomBrainMr,
  type PhantomBrainOptions,
} from "./phantom/brain-mr.ts";
export { phantomCandidates, type PhantomCandidates } from "./phantom/candidate-places.ts";
export { CT_FINDINGS, phantomChestCt, type PhantomCt } from "./phantom/chest-ct.ts";
export {
  phantomChestXray,
  type PhantomChestXray,
  type PhantomFinding,
  type PhantomOptions,
} from "./phantom/chest-xray.ts";
export { ORGANS } from "./phantom/ct-body.ts";
export { type CtSceneOptions as PhantomCtOptions } from "./phantom/ct-scene.ts";
export {
  PHANTOM_KINDS,
  phantomChestXrays,
  phantomChestXrays as phantomXrays,
  type PhantomKindName,
  type PhantomKindOptions,
  phantomSet,
  type PhantomSetOptions,
} from "./phantom/phantom-set.ts";
export { type Grid as PhantomGrid, gridAround } from "./phantom/volume.ts";
export { chexpert, type ChexpertOptions } from "./sets/chexpert.ts";
export {
  CHEXPERT_COMPETITION_LABELS,
  CHEXPERT_LABELS,
  type UncertaintyPolicy,
} from "./sets/chexpert-labels.ts";
export type { DataSetOptions } from "./sets/item-set.ts";
export { lidcIdri, type LidcOptions } from "./sets/lidc.ts";
export type { DataSetKind } from "./sets/layout-options.ts";
export { type LidcOutline, lidcOutlines } from "./sets/lidc-outline.ts";
export { lits, type LitsOptions } from "./sets/lits.ts";
export { luna16, type Luna16Options } from "./sets/luna16.ts";
export { montgomery, type MontgomeryOptions } from "./sets/montgomery.ts";
export { npyCubes, type NpyCubesOptions } from "./sets/npy-cubes.ts";
export {
  DATA_SET_KINDS,
  dataSetKind,
  openDataSet,
  type OpenDataSetOptions,
  openImages,
} from "./sets/open-data-set.ts";
export { peCad, type PeCadOptions } from "./sets/pe-cad.ts";
export { decodeRle, encodeRle } from "./sets/rle.ts";
export { scanFolder, type ScanFolderOptions } from "./sets/scan-folder.ts";
export { siimAcr, type SiimAcrOptions } from "./sets/siim-acr.ts";
export { type Split, splitOf, type SplitShares } from "./sets/split.ts";
export { cropCube, type CubeOptions } from "./sets/volume-geometry.ts";
export type { ReadTask } from "./loader/job.ts";
export type { ModuleCall } from "./loader/module-call.ts";
export { samplePipeline, type SamplePipelineOptions } from "./loader/sample-pipeline.ts";
export {
  classBalancedSampler,
  type ClassBalancedSamplerOptions,
  groupedSampler,
  type GroupedSamplerOptions,
  type Sampler,
  uniformSampler,
  type UniformSamplerOptions,
} from "./loader/sampler.ts";
export {
  type BatchTask,
  type BatchView,
  makeBatch,
  type Pipeline,
  type Place,
  type ViewBatch,
  type Views,
} from "./loader/view-batch.ts";
export {
  validationBatches,
  type ValidationOptions,
  viewLoader,
  type ViewLoader,
  type ViewLoaderOptions,
} from "./loader/view-loader.ts";
export { type BatchMaker, batchMaker } from "./loader/worker-pool.ts";
export {
  describeLeakage,
  findLeakage,
  findNearDuplicates,
  type Leakage,
  refuseLeakage,
  type SplitImage,
} from "./splits/leakage.ts";
export { hammingDistance, perceptualHash } from "./splits/perceptual-hash.ts";
export { type Fold, type FoldOptions, foldsByPatient } from "./splits/folds-by-patient.ts";
export { splitByPatient, type SplitOptions } from "./splits/split-by-patient.ts";
export { subset } from "./subset.ts";
