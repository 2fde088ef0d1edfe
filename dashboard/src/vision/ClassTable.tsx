import { useTranslation } from "react-i18next";

import type { Images } from "../api/types";
import { useFormats } from "../language/useFormats";
import { Table, tableCss } from "../ui/Table";
import { PixelImage } from "./PixelImage";
import css from "./Vision.module.css";

/** The classes of images with their counts by part, and some images of each. */
export function ClassTable({ images }: { images: Images }) {
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
