import { useQuery } from "@tanstack/react-query";
import { useState, type SubmitEvent } from "react";
import { useTranslation } from "react-i18next";

import type { GatePolicy } from "../api/types";
import { useFormats } from "../language/useFormats";
import { Button } from "../ui/Button";
import { Card } from "../ui/Card";
import { Dialog, DialogActions } from "../ui/Dialog";
import { Facts } from "../ui/Facts";
import { CheckField, SelectField, TextField } from "../ui/Field";
import { ErrorNotice, Loading } from "../ui/Notice";
import { policiesQuery, useSetPolicy } from "./api";
import css from "./Models.module.css";
import { slicesOf, slicesText } from "./slices";

const METRICS: Record<string, readonly ("rmse" | "mae" | "error_rate" | "log_loss")[]> = { forecast: ["rmse", "mae"], classify: ["error_rate", "log_loss"] };

/** The terms under which the gate judges this model, and who set them. */
export function PolicyCard({ name, kind, writer }: { name: string; kind: string; writer: boolean }) {
  const { t } = useTranslation();
  const { bytes, number, percent } = useFormats();
  const policies = useQuery(policiesQuery(name));
  const [editing, setEditing] = useState(false);
  const policy = policies.data?.[0];
  if (policies.error) return <ErrorNotice error={policies.error} />;
  if (policy === undefined) return <Loading />;
  const by = policy.number === 0 ? t("life.policyOwn") : t("life.policyBy", { by: policy.by, reason: policy.reason });
  const margin = policy.margin_kind === "absolute" ? number(policy.margin) : percent(policy.margin, 1);
  return (
    <Card
      title={t("life.policy")}
      note={t("life.policyNote", { number: policy.number, by })}
      actions={writer ? <Button onPress={() => setEditing(true)}>{t("life.policyEdit")}</Button> : null}
      testId="policy"
    >
      <Facts
        facts={[
          { name: t("life.metric"), value: policy.metric ?? t("life.metricOwn") },
          { name: t("life.margin"), value: margin },
          { name: t("life.slices"), value: slicesText(policy.slices) || t("life.noLimit") },
          ...(policy.slices.length > 0 ? [{ name: t("life.unknownSlices"), value: policy.unknown_slices === "pass" ? t("life.unknownPass") : t("life.unknownBlock") }] : []),
          { name: t("life.latency"), value: policy.max_latency_ms === null ? t("life.noLimit") : number(policy.max_latency_ms) },
          { name: t("life.size"), value: policy.max_bytes === null ? t("life.noLimit") : bytes(policy.max_bytes) },
          { name: t("models.promote"), value: policy.automatic ? t("life.byGate") : t("life.byHand") },
        ]}
      />
      {editing ? <PolicyDialog name={name} kind={kind} policy={policy} onClose={() => setEditing(false)} /> : null}
    </Card>
  );
}

function PolicyDialog({ name, kind, policy, onClose }: { name: string; kind: string; policy: GatePolicy; onClose: () => void }) {
  const { t } = useTranslation();
  const save = useSetPolicy(name);
  const absolute = policy.margin_kind === "absolute";
  const [metric, setMetric] = useState<string>(policy.metric ?? "");
  const [margin, setMargin] = useState(String(absolute ? policy.margin : policy.margin * 100));
  const [slices, setSlices] = useState(slicesText(policy.slices));
  const [latency, setLatency] = useState(policy.max_latency_ms === null ? "" : String(policy.max_latency_ms));
  const [size, setSize] = useState(policy.max_bytes === null ? "" : String(policy.max_bytes));
  const [passUnknown, setPassUnknown] = useState(policy.unknown_slices === "pass");
  const [automatic, setAutomatic] = useState(policy.automatic);
  const [reason, setReason] = useState("");
  const [tried, setTried] = useState(false);
  const wrong = (text: string) => (text.trim() !== "" && !(Number(text.replace(",", ".")) >= 0) ? t("life.notNumber") : undefined);
  const value = (text: string) => (text.trim() === "" ? null : Number(text.replace(",", ".")));
  const guarded = slicesOf(slices);
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    setTried(true);
    if (reason.trim() === "" || guarded === null || [margin, latency, size].some((text) => wrong(text) !== undefined)) return;
    const chosen = (METRICS[kind] ?? []).find((each) => each === metric) ?? null;
    const given = value(margin) ?? 0;
    const terms = { metric: chosen, margin: absolute ? given : given / 100, margin_kind: policy.margin_kind, slices: guarded, max_latency_ms: value(latency), max_bytes: value(size), automatic, unknown_slices: passUnknown ? ("pass" as const) : ("block" as const) };
    save.mutate({ ...terms, reason: reason.trim() }, { onSuccess: onClose });
  };
  return (
    <Dialog title={t("life.policy")} open onClose={onClose}>
      <form onSubmit={submit} className={css["form"]} noValidate>
        <SelectField
          label={t("life.metric")}
          value={metric}
          onChange={setMetric}
          options={[{ value: "", label: t("life.metricOwn") }, ...(METRICS[kind] ?? []).map((each) => ({ value: each, label: each }))]}
        />
        <TextField label={t("life.margin")} hint={absolute ? undefined : t("life.marginHint")} value={margin} onChange={setMargin} mode="decimal" error={wrong(margin)} />
        <TextField label={t("life.slices")} hint={t("life.slicesHint")} value={slices} onChange={setSlices} error={guarded === null ? t("life.notSlices") : undefined} />
        <CheckField label={t("life.passUnknown")} checked={passUnknown} onChange={setPassUnknown} />
        <TextField label={t("life.latency")} value={latency} onChange={setLatency} mode="decimal" error={wrong(latency)} />
        <TextField label={t("life.size")} value={size} onChange={setSize} mode="numeric" error={wrong(size)} />
        <CheckField label={t("life.automatic")} checked={automatic} onChange={setAutomatic} />
        <TextField label={t("models.reason")} value={reason} onChange={setReason} required error={tried && reason.trim() === "" ? t("models.reasonMissing") : undefined} />
        {save.error ? <ErrorNotice error={save.error} /> : null}
        <DialogActions>
          <Button onPress={onClose}>{t("common.close")}</Button>
          <Button look="primary" type="submit" pending={save.isPending}>
            {t("life.save")}
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
