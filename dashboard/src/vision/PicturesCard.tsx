import { queryOptions, useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import { get, part } from "../api/client";
import type { DatasetVersion, Pictures } from "../api/types";
import { useFormats } from "../language/useFormats";
import { Card } from "../ui/Card";
import { ErrorNotice, Loading } from "../ui/Notice";
import { Table, tableCss } from "../ui/Table";
import { Picture } from "./Picture";
import css from "./Vision.module.css";

/** A version never changes, and neither do its images. */
function picturesQuery(name: string, version: number) {
  return queryOptions({
    queryKey: ["dataset-pictures", name, version],
    queryFn: ({ signal }) => get(`/datasets/${part(name)}/pictures`, { version }, signal),
    staleTime: Infinity,
  });
}

/** Each class of an image dataset: the number of its images, with some samples. */
export default function PicturesCard({ dataset }: { dataset: DatasetVersion }) {
  const { t } = useTranslation();
  const { count } = useFormats();
  const pictures = useQuery(picturesQuery(dataset.id, dataset.version));
  const { height, width, channels, classes } = dataset.dataset_schema;
  return (
    <Card
      title={t("vision.classes")}
      testId="pictures"
      note={t("vision.about", {
        classes: count(classes?.length),
        pictures: count(dataset.rows),
        size: `${String(height)} × ${String(width)}`,
        colour: t(channels === 1 ? "vision.grey" : "vision.colour"),
      })}
    >
      {pictures.error ? <ErrorNotice error={pictures.error} /> : null}
      {pictures.isLoading ? <Loading /> : null}
      {pictures.data ? <ClassTable pictures={pictures.data} /> : null}
    </Card>
  );
}

function ClassTable({ pictures }: { pictures: Pictures }) {
  const { t } = useTranslation();
  const { count } = useFormats();
  const parts = (["train", "test", "all"] as const).filter((name) => pictures.classes.some((one) => one.counts[name]));
  const totals = pictures.classes.map((one) => Object.values(one.counts).reduce((sum, each) => sum + each, 0));
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
        {pictures.classes.map((one, row) => (
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
                {one.pictures.map((picture) => (
                  <Picture key={`${picture.part ?? ""}/${picture.name}`} png={picture.png} alt={t("vision.sampleAlt", { name: picture.name, label: one.name })} size={44} />
                ))}
              </span>
            </td>
          </tr>
        ))}
      </tbody>
    </Table>
  );
}
