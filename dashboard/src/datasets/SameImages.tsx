import { useTranslation } from "react-i18next";

import type { DatasetProfile } from "../api/types";
import { useFormats } from "../language/useFormats";
import { PixelImage } from "../vision/PixelImage";
import css from "./Datasets.module.css";

/** The number of images that repeat another one, with the largest groups. */
export function SameImages({ found }: { found: Pick<DatasetProfile, "repeated_images" | "same_images"> }) {
  const { t } = useTranslation();
  const { count } = useFormats();
  if (found.repeated_images === 0) return <p>{t("explore.noSame")}</p>;
  return (
    <>
      <p>{t("explore.repeated", { count: found.repeated_images, shown: count(found.repeated_images) })}</p>
      <ul className={css["same"]}>
        {found.same_images.map((group) => (
          <li key={group.names.join(" ")}>
            <PixelImage png={group.png} alt={group.names.join(", ")} />
            <span>
              {count(group.count)} × {group.labels.join(", ")}
            </span>
          </li>
        ))}
      </ul>
    </>
  );
}
