import { queryOptions, useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import { get, part } from "../api/client";
import type { DatasetVersion } from "../api/types";
import { useFormats } from "../language/useFormats";
import { Card } from "../ui/Card";
import { ErrorNotice, Loading } from "../ui/Notice";
import { ClassTable } from "./ClassTable";

/** A version never changes, and neither do its images. */
function imagesQuery(name: string, version: number) {
  return queryOptions({
    queryKey: ["dataset-images", name, version],
    queryFn: ({ signal }) => get(`/datasets/${part(name)}/images`, { version }, signal),
    staleTime: Infinity,
  });
}

/** Each class of an image dataset: the number of its images, with some samples. */
export default function ImagesCard({ dataset }: { dataset: DatasetVersion }) {
  const { t } = useTranslation();
  const { count } = useFormats();
  const images = useQuery(imagesQuery(dataset.id, dataset.version));
  const { height, width, channels, classes } = dataset.dataset_schema;
  return (
    <Card
      title={t("vision.classes")}
      testId="images"
      note={t("vision.about", {
        classes: count(classes?.length),
        images: count(dataset.rows),
        size: `${String(height)} × ${String(width)}`,
        colour: t(channels === 1 ? "vision.grey" : "vision.colour"),
      })}
    >
      {images.error ? <ErrorNotice error={images.error} /> : null}
      {images.isLoading ? <Loading /> : null}
      {images.data ? <ClassTable images={images.data} /> : null}
    </Card>
  );
}
