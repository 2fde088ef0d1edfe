import { queryOptions, useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import { get, part } from "../api/client";
import type { DatasetVersion, Images } from "../api/types";
import { useFormats } from "../language/useFormats";
import { Card } from "../ui/Card";
import { ErrorNotice, Loading } from "../ui/Notice";
import { Table, tableCss } from "../ui/Table";
import { PixelImage } from "./PixelImage";
import css from "./Vision.module.css";

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

function ClassTable({ images }: { images: Images }) {
  const { t } = useTranslation();
  const { count } = useFormats();
  const parts = (["train", "test", "all"] as const).filter((name) => images.classes.some((one) => one.counts[name]));
  const totals = images.classes.map((one) => Object.values(one.counts).reduce((sum, each) => sum + each, 0));
  const most = Math.max(...totals);
  return (
    <Table caption={t("vision.classes")}>
      <thead>
        <tr>
          <th scope="col">{t("vision.class")}</th>
          {parts.map((part) => (
            <th key={part} scope="col" className={tableCss["number"]}>
              {t(`vision.parts.${part}`)}
            </th>
          ))}
          <th scope="col" className={css["barHead"]}>
            <span className="visually-hidden">{t("vision.share")}</span>
          </th>
          <th scope="col">{t("vision.samples")}</th>
        </tr>
      </thead>
      <tbody>
        {images.classes.map((one, row) => (
          <tr key={one.name} className={css["middle"]}>
            <th scope="row">{one.name}</th>
            {parts.map((part) => (
              <td key={part} className={tableCss["number"]}>
                {count(one.counts[part] ?? 0)}
              </td>
            ))}
            <td aria-hidden="true">
              <span className={css["bar"]}>
                {parts.map((part) => (
                  <span key={part} className={css[`bar-${part}`]} style={{ width: `${((one.counts[part] ?? 0) / most) * 100}%` }} />
                ))}
              </span>
              <span className="visually-hidden">{count(totals[row])}</span>
            </td>
            <td>
              <span className={css["samples"]}>
                {one.images.map((image) => (
                  <PixelImage key={`${image.part ?? ""}/${image.name}`} png={image.png} alt={t("vision.sampleAlt", { name: image.name, label: one.name })} size={44} />
                ))}
              </span>
            </td>
          </tr>
        ))}
      </tbody>
    </Table>
  );
}
