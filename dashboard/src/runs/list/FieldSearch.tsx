import { useQuery } from "@tanstack/react-query";
import { useDeferredValue, useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import type { RunFields } from "../../api/types";
import { useFormats } from "../../language/useFormats";
import { TextField } from "../../ui/forms/Field";
import { ErrorNotice, Loading } from "../../ui/Notice";
import { fieldsQuery } from "./api";
import css from "./Dialogs.module.css";

/** Maximum number of names of each kind in a response of the API. */
const MOST = 100;

/** A search over the names of config fields and metrics. The API searches, however many names there are. */
export function FieldSearch({ children, withMetrics = true }: { children: (found: RunFields, typed: string) => ReactNode; withMetrics?: boolean }) {
  const { t } = useTranslation();
  const { count } = useFormats();
  const [typed, setTyped] = useState("");
  const fields = useQuery(fieldsQuery(useDeferredValue(typed.trim())));
  const many = fields.data !== undefined && ((withMetrics && fields.data.more_metrics) || fields.data.config.length >= MOST);
  return (
    <>
      <TextField label={t("runList.findField")} value={typed} onChange={setTyped} testId="find-field" />
      {fields.error ? <ErrorNotice error={fields.error} /> : fields.data === undefined ? <Loading /> : <div className={css["found"]}>{children(fields.data, typed.trim().toLowerCase())}</div>}
      <p className={css["note"]} role="status">
        {many ? t("runList.moreFields", { most: count(MOST) }) : ""}
      </p>
    </>
  );
}
