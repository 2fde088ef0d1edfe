import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link, useLocation } from "wouter";

import { useSession } from "../../projects/session";
import { Button, IconButton } from "../../ui/Button";
import { Dialog, DialogActions } from "../../ui/Dialog";
import { TextField } from "../../ui/forms/Field";
import { Icon } from "../../ui/Icon";
import { Menu } from "../../ui/Menu";
import { say } from "../../ui/toasts";
import css from "./Dialogs.module.css";
import { removeView, saveView, useSavedViews } from "./savedViews";

/** Saved views of the list, and the link of the shown one. `search` is the query of its address. */
export function ViewsMenu({ search }: { search: string }) {
  const { t } = useTranslation();
  const [location, navigate] = useLocation();
  const { slug } = useSession();
  const views = useSavedViews(slug);
  const [open, setOpen] = useState(false);
  const addressOf = (query: string) => (query === "" ? location : `${location}?${query}`);
  const copy = () => {
    navigator.clipboard.writeText(window.location.href).then(
      () => say({ text: t("runList.copied"), tone: "good" }),
      () => say({ text: t("runList.notCopied"), next: window.location.href, tone: "bad" }),
    );
  };
  return (
    <>
      <Menu
        label={t("runList.views")}
        testId="views"
        actions={[
          ...views.map((view, index) => ({ id: `view-${index}`, name: view.name, onAction: () => navigate(addressOf(view.search)) })),
          { id: "default", name: t("runList.defaultView"), onAction: () => navigate(location), disabled: search === "" },
          { id: "save-view", name: t("runList.saveViews"), onAction: () => setOpen(true) },
          { id: "copy-link", name: t("runList.copyLink"), onAction: copy },
        ]}
      >
        {t("runList.views")}
        <Icon name="down" size={14} />
      </Menu>
      {open ? <ViewsDialog project={slug} search={search} addressOf={addressOf} onClose={() => setOpen(false)} /> : null}
    </>
  );
}

function ViewsDialog({ project, search, addressOf, onClose }: { project: string; search: string; addressOf: (query: string) => string; onClose: () => void }) {
  const { t } = useTranslation();
  const views = useSavedViews(project);
  const [name, setName] = useState("");
  const trimmed = name.trim();
  return (
    <Dialog title={t("runList.viewsTitle")} open onClose={onClose}>
      <form
        className={css["form"]}
        onSubmit={(event) => {
          event.preventDefault();
          if (trimmed === "") return;
          saveView(project, { name: trimmed.slice(0, 100), search });
          setName("");
        }}
      >
        <TextField label={t("runList.viewName")} value={name} onChange={setName} hint={t("runList.viewHint")} testId="view-name" />
        <Button type="submit" disabled={trimmed === ""} testId="save-view">
          {views.some((view) => view.name === trimmed) ? t("runList.replaceView") : t("runList.saveView")}
        </Button>
      </form>
      {views.length === 0 ? null : (
        <ul className={css["shown"]}>
          {views.map((view) => (
            <li key={view.name}>
              <Link href={addressOf(view.search)} className={css["name"]} onClick={onClose} dir="auto">
                {view.name}
              </Link>
              <IconButton label={t("runList.deleteView", { name: view.name })} onPress={() => removeView(project, view.name)}>
                <Icon name="cross" size={14} />
              </IconButton>
            </li>
          ))}
        </ul>
      )}
      <DialogActions>
        <Button onPress={onClose}>{t("common.close")}</Button>
      </DialogActions>
    </Dialog>
  );
}
