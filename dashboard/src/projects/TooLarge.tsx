import { useTranslation } from "react-i18next";

import { useFormats } from "../language/useFormats";
import { Notice } from "../ui/Notice";
import { useSession } from "./session";

/** Return whether the platform would refuse a file for its size, so that it is not sent at all. */
export function useTooLarge(): (file: File | null) => boolean {
  const { max_upload_bytes: most } = useSession();
  return (file) => file !== null && file.size > most;
}

/** Says that a file is larger than the platform accepts, and what to do. */
export function TooLarge({ file }: { file: File }) {
  const { t } = useTranslation();
  const { bytes } = useFormats();
  const { max_upload_bytes: most } = useSession();
  return (
    <Notice tone="bad" role="alert">
      <p>{t("datasets.tooLarge", { name: file.name, size: bytes(file.size), most: bytes(most) })}</p>
      <p>{t("datasets.tooLargeNext")}</p>
    </Notice>
  );
}
