import { useState, type SubmitEvent } from "react";
import { useTranslation } from "react-i18next";

import type { Deployment } from "../api/types";
import { Button } from "../ui/Button";
import { Dialog, DialogActions } from "../ui/Dialog";
import { SelectField, TextField } from "../ui/forms/Field";
import { ErrorNotice } from "../ui/Notice";
import { useDeploy } from "./api";
import css from "./Models.module.css";

/** Starts a shadow or canary, or ends the given one. */
export function DeployDialog({ name, versions, ending, onClose }: { name: string; versions: readonly number[]; ending: Deployment | null; onClose: () => void }) {
  const { t } = useTranslation();
  const deploy = useDeploy(name);
  const [version, setVersion] = useState(String(versions[0] ?? ""));
  const [mode, setMode] = useState("shadow");
  const [share, setShare] = useState("10");
  const [reason, setReason] = useState("");
  const [tried, setTried] = useState(false);
  const percentage = Number(share.replace(",", "."));
  const wrong = mode === "canary" && !(percentage >= 0 && percentage <= 100);
  const title = ending === null ? t("life.deploy") : `${t("life.end")}: v${String(ending.version)}`;
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    setTried(true);
    if (reason.trim() === "" || wrong) return;
    const asked =
      ending === null
        ? { version: Number(version), mode: mode === "canary" ? ("canary" as const) : ("shadow" as const), share_percent: mode === "canary" ? percentage : 100, reason: reason.trim() }
        : { number: ending.number, reason: reason.trim() };
    deploy.mutate(asked, { onSuccess: onClose });
  };
  return (
    <Dialog title={title} open onClose={onClose}>
      <form onSubmit={submit} className={css["form"]} noValidate>
        {ending === null ? (
          <>
            <SelectField label={t("models.version")} value={version} onChange={setVersion} options={versions.map((each) => ({ value: String(each), label: `v${String(each)}` }))} />
            <SelectField
              label={t("life.mode")}
              value={mode}
              onChange={setMode}
              options={[
                { value: "shadow", label: t("life.shadow") },
                { value: "canary", label: t("life.canary") },
              ]}
            />
            {mode === "canary" ? <TextField label={t("life.share")} value={share} onChange={setShare} mode="decimal" error={wrong ? t("life.notNumber") : undefined} /> : null}
          </>
        ) : null}
        <TextField label={t("models.reason")} value={reason} onChange={setReason} required error={tried && reason.trim() === "" ? t("models.reasonMissing") : undefined} />
        {deploy.error ? <ErrorNotice error={deploy.error} /> : null}
        <DialogActions>
          <Button onPress={onClose}>{t("common.close")}</Button>
          <Button look="primary" type="submit" pending={deploy.isPending}>
            {title}
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
