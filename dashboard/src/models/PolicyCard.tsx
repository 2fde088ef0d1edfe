import { useQuery } from "@tanstack/react-query";
import { useState, type SubmitEvent } from "react";
import { useTranslation } from "react-i18next";

import type { GatePolicy, TaskKind } from "../api/types";
import { useMetrics } from "../evaluation/metrics";
import { useFormats } from "../language/useFormats";
import { pluginsQuery } from "../plugins/api";
import { taskKind } from "../plugins/taskKinds";
import { useFormState } from "../projects/draft";
import { Button } from "../ui/Button";
import { Card } from "../ui/Card";
import { Dialog, DialogActions } from "../ui/Dialog";
import { Facts } from "../ui/Facts";
import { CheckField, SelectField, TextField } from "../ui/forms/Field";
import { Restored } from "../ui/forms/Restored";
import { ErrorNotice, Loading } from "../ui/Notice";
import { policyQuery, useSetPolicy } from "./api";
import css from "./Models.module.css";
import { slicesOf, slicesText } from "./slices";

/** The policy of the gate for this model. `kind`: the name of its task kind. */
export function PolicyCard({ name, kind: task, writer }: { name: string; kind: string | undefined; writer: boolean }) {
  const { t } = useTranslation();
  const { bytes, number, percent } = useFormats();
  const { title } = useMetrics();
  const stored = useQuery(policyQuery(name));
  const kind = taskKind(useQuery(pluginsQuery).data, task);
  const [editing, setEditing] = useState(false);
  const policy = stored.data;
  if (stored.error) return <ErrorNotice error={stored.error} />;
  if (policy === undefined) return <Loading />;
  const by = policy.number === 0 ? t("life.policyOwn") : t("life.policyBy", { by: policy.by, reason: policy.reason });
  const own = kind?.metrics.find((metric) => metric.name === policy.metric);
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
          { name: t("life.metric"), value: own ? title(own) : (policy.metric ?? t("life.metricOwn")) },
          { name: t("life.margin"), value: margin },
          { name: t("life.slices"), value: slicesText(policy.slices) || t("life.noLimit") },
          ...(policy.slices.length > 0 ? [{ name: t("life.unknownSlices"), value: policy.unknown_slices === "pass" ? t("life.unknownPass") : t("life.unknownBlock") }] : []),
          { name: t("life.latency"), value: policy.max_latency_ms === null ? t("life.noLimit") : number(policy.max_latency_ms) },
          { name: t("life.size"), value: policy.max_bytes === null ? t("life.noLimit") : bytes(policy.max_bytes) },
          { name: t("models.promote"), value: policy.automatic ? t("life.byGate") : t("life.byHand") },
          { name: t("life.approvals"), value: t(`life.approvalsOf.${policy.approvals}`) },
        ]}
      />
      {editing ? <PolicyDialog name={name} kind={kind} policy={policy} onClose={() => setEditing(false)} /> : null}
    </Card>
  );
}

interface Typed {
  metric: string;
  margin: string;
  slices: string;
  latency: string;
  size: string;
  passUnknown: boolean;
  automatic: boolean;
  approvals: "0" | "1" | "2";
  reason: string;
}

const numbers = { "0": 0, "1": 1, "2": 2 } as const;

function PolicyDialog({ name, kind, policy, onClose }: { name: string; kind: TaskKind | undefined; policy: GatePolicy; onClose: () => void }) {
  const { t } = useTranslation();
  const { title } = useMetrics();
  const save = useSetPolicy(name);
  const metrics = kind?.metrics.filter((each) => kind.gate_metrics.includes(each.name)) ?? [];
  const keys = kind?.slices.map((slice) => slice.name) ?? [];
  const absolute = policy.margin_kind === "absolute";
  const form = useFormState<Typed>(`policy ${name} ${policy.number}`, {
    metric: policy.metric ?? "",
    margin: String(absolute ? policy.margin : policy.margin * 100),
    slices: slicesText(policy.slices),
    latency: policy.max_latency_ms === null ? "" : String(policy.max_latency_ms),
    size: policy.max_bytes === null ? "" : String(policy.max_bytes),
    passUnknown: policy.unknown_slices === "pass",
    automatic: policy.automatic,
    approvals: `${policy.approvals}`,
    reason: "",
  });
  const { metric, margin, slices, latency, size, passUnknown, automatic, approvals, reason } = form.value;
  const [tried, setTried] = useState(false);
  const wrong = (text: string) => (text.trim() !== "" && !(Number(text.replace(",", ".")) >= 0) ? t("life.notNumber") : undefined);
  const value = (text: string) => (text.trim() === "" ? null : Number(text.replace(",", ".")));
  const guarded = slicesOf(slices, keys);
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    setTried(true);
    if (reason.trim() === "" || guarded === null || [margin, latency, size].some((text) => wrong(text) !== undefined)) return;
    const given = value(margin) ?? 0;
    const terms = { metric: metric === "" ? null : metric, margin: absolute ? given : given / 100, margin_kind: policy.margin_kind, slices: guarded, max_latency_ms: value(latency), max_bytes: value(size), automatic, approvals: numbers[approvals], unknown_slices: passUnknown ? ("pass" as const) : ("block" as const) };
    save.mutate({ ...terms, reason: reason.trim() }, {
      onSuccess: () => {
        form.forget();
        onClose();
      },
    });
  };
  return (
    <Dialog title={t("life.policy")} open onClose={onClose}>
      <form onSubmit={submit} className={css["form"]} noValidate>
        <Restored shown={form.isRestored} onRestart={form.restart} />
        <SelectField
          label={t("life.metric")}
          value={metric}
          onChange={(value) => form.change({ metric: value })}
          options={[{ value: "", label: t("life.metricOwn") }, ...metrics.map((each) => ({ value: each.name, label: title(each) }))]}
        />
        <TextField label={t("life.margin")} hint={absolute ? undefined : t("life.marginHint")} value={margin} onChange={(value) => form.change({ margin: value })} mode="decimal" error={wrong(margin)} />
        <TextField label={t("life.slices")} hint={keys.length > 0 ? t("life.slicesHint", { keys: keys.join(", ") }) : t("life.noSlices")} value={slices} onChange={(value) => form.change({ slices: value })} error={guarded === null ? t("life.notSlices") : undefined} />
        <CheckField label={t("life.passUnknown")} checked={passUnknown} onChange={(value) => form.change({ passUnknown: value })} />
        <TextField label={t("life.latency")} value={latency} onChange={(value) => form.change({ latency: value })} mode="decimal" error={wrong(latency)} />
        <TextField label={t("life.size")} value={size} onChange={(value) => form.change({ size: value })} mode="numeric" error={wrong(size)} />
        <CheckField label={t("life.automatic")} checked={automatic} onChange={(value) => form.change({ automatic: value })} />
        <SelectField
          label={t("life.approvals")}
          hint={t("life.approvalsHint")}
          value={approvals}
          onChange={(value) => form.change({ approvals: value })}
          options={(["0", "1", "2"] as const).map((each) => ({ value: each, label: t(`life.approvalsOf.${each}`) }))}
        />
        <TextField label={t("models.reason")} value={reason} onChange={(value) => form.change({ reason: value })} required error={tried && reason.trim() === "" ? t("models.reasonMissing") : undefined} />
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
