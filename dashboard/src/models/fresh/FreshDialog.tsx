import { useQuery } from "@tanstack/react-query";
import { useState, type SubmitEvent } from "react";
import { useTranslation } from "react-i18next";

import type { Freshness } from "../../api/types";
import { targetsQuery } from "../../automations/targets/api";
import { Button } from "../../ui/Button";
import { Dialog, DialogActions } from "../../ui/Dialog";
import { CheckField, SelectField } from "../../ui/forms/Field";
import { ErrorNotice } from "../../ui/Notice";
import css from "../Models.module.css";
import { useKeepFresh } from "./api";
import { CADENCES, useCadence } from "./cadence";

/** Dialog for the options of keeping a model fresh; its defaults can be sent as they are. */
export function FreshDialog({ found, onClose }: { found: Freshness; onClose: () => void }) {
  const { t } = useTranslation();
  const cadence = useCadence();
  const keep = useKeepFresh(found.model);
  const targets = useQuery(targetsQuery).data ?? [];
  const [refresh, setRefresh] = useState(found.refresh);
  const [retrain, setRetrain] = useState(found.retrain);
  const [notify, setNotify] = useState<readonly string[]>(found.notify);
  const [promote, setPromote] = useState(found.promotes);
  const options = (now: string) => [...new Set<string>([now, ...CADENCES])].map((value) => ({ value, label: cadence(value) }));
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    keep.mutate({ refresh, retrain, notify: [...notify], promote: promote === found.promotes ? null : promote }, { onSuccess: onClose });
  };
  return (
    <Dialog title={t("fresh.title")} open onClose={onClose}>
      <form onSubmit={submit} className={css["form"]} noValidate>
        {found.arrives === "by_refresh" ? (
          <SelectField label={t("fresh.refresh", { dataset: found.dataset })} value={refresh} onChange={setRefresh} options={options(found.refresh)} name="refresh" />
        ) : (
          <p>{t("fresh.append", { dataset: found.dataset })}</p>
        )}
        <SelectField label={t("fresh.retrain", { plugin: found.plugin })} hint={t("fresh.retrainHint")} value={retrain} onChange={setRetrain} options={options(found.retrain)} name="retrain" />
        <CheckField label={t("fresh.promote")} hint={t("fresh.promoteHint")} checked={promote} onChange={setPromote} />
        {targets.length > 0 ? (
          <fieldset>
            <legend>{t("fresh.notify")}</legend>
            {targets.map(({ name }) => (
              <CheckField key={name} label={name} checked={notify.includes(name)} onChange={(on) => setNotify(on ? [...notify, name] : notify.filter((each) => each !== name))} />
            ))}
          </fieldset>
        ) : null}
        {keep.error ? <ErrorNotice error={keep.error} /> : null}
        <DialogActions>
          <Button onPress={onClose}>{t("common.close")}</Button>
          <Button look="primary" type="submit" pending={keep.isPending} testId="fresh-set-up">
            {found.kept ? t("fresh.change") : t("fresh.setUp")}
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
