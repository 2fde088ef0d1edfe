// The kinds of data, with the way in which their datasets are listed and shown. Pages look kinds up here and never compare their names.
import type { TFunction } from "i18next";
import { lazy } from "react";
import type { ComponentType } from "react";

import type { DatasetSchema, DatasetVersion } from "../api/types";
import { rowZoneOf } from "../language/format";
import type { Formats } from "../language/format";
import type { Fact } from "../ui/Facts";
import { ChartCard } from "./ChartCard";
import { frequencyText } from "./frequency";

interface Words {
  t: TFunction;
  formats: Formats;
}

interface DataKind {
  /** The label of the button that starts a run on such a dataset. */
  train: (t: TFunction) => string;
  /** The content of a version, drawn. */
  Card: ComponentType<{ dataset: DatasetVersion }>;
  target: (schema: DatasetSchema, words: Words) => string;
  /** The distance between rows, or the size of images. */
  spacing: (schema: DatasetSchema, t: TFunction) => string;
  facts: (dataset: DatasetVersion, words: Words) => Fact[];
}

const series: DataKind = {
  train: (t) => t("datasets.forecast"),
  Card: ChartCard,
  target: ({ target }) => target,
  spacing: ({ frequency }, t) => frequencyText(frequency, t),
  facts: ({ dataset_schema: schema, ...dataset }, { t, formats: { count, row } }) => [
    { name: t("datasets.rows"), value: count(dataset.rows) },
    { name: t("datasets.start"), value: row(dataset.start, rowZoneOf(schema)) },
    { name: t("datasets.end"), value: row(dataset.end, rowZoneOf(schema)) },
    { name: t("datasets.frequency"), value: frequencyText(schema.frequency, t) },
    { name: t("datasets.season"), value: count(schema.season) },
    { name: t("datasets.timezone"), value: schema.timezone },
    ...(schema.series ? [{ name: t("datasets.series"), value: `${schema.series}: ${count(schema.series_names?.length ?? 0)}` }] : []),
    ...(Object.keys(schema.groups).length > 0 ? [{ name: t("datasets.groups"), value: Object.keys(schema.groups).join(", ") }] : []),
    ...(schema.incumbent ? [{ name: t("datasets.incumbent"), value: schema.incumbent.file ? `${schema.incumbent.forecast} (${schema.incumbent.file_name ?? ""})` : schema.incumbent.forecast }] : []),
    { name: t("datasets.features"), value: schema.features.join(", ") || "–" },
  ],
};

const images: DataKind = {
  train: (t) => t("vision.train"),
  Card: lazy(() => import("../vision/ImagesCard")),
  target: ({ classes }, { t, formats: { count } }) => t("vision.targetOf", { count: classes?.length ?? 0, shown: count(classes?.length) }),
  spacing: ({ height, width }) => `${String(height)} × ${String(width)}`,
  facts: ({ rows }, { t, formats: { count } }) => [{ name: t("vision.images"), value: count(rows) }],
};

const KINDS: Record<DatasetSchema["kind"], DataKind> = { series, images };

export const kindOf = ({ kind }: DatasetSchema): DataKind => KINDS[kind];
