import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Button as AriaButton, Header, Menu, MenuItem, MenuSection, MenuTrigger, Popover, Separator } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { useLocation } from "wouter";

import { pathsOf } from "../../routing/paths";
import { Icon } from "../../ui/Icon";
import { projectsQuery, usePaths, useSession } from "../session";
import css from "./Chooser.module.css";
import { CreateProject } from "./CreateProject";

/** The project of the page, as a button that opens the person's other projects, a new one, and the account. */
export function ProjectMenu() {
  const { t } = useTranslation();
  const session = useSession();
  const paths = usePaths();
  const [, navigate] = useLocation();
  const [open, setOpen] = useState(false);
  const [creating, setCreating] = useState(false);
  const { data } = useQuery({ ...projectsQuery, enabled: open });
  const projects = data?.items ?? [session];
  return (
    <>
      <MenuTrigger isOpen={open} onOpenChange={setOpen}>
        <AriaButton className={css["project"] ?? ""} aria-label={t("project.menu", { name: session.name })} data-testid="project-menu">
          <span className={css["name"]}>{session.name}</span>
          <span className={css["arrow"]} aria-hidden="true">
            <Icon name="right" size={14} />
          </span>
        </AriaButton>
        <Popover className={css["popover"] ?? ""} placement="bottom end">
          <Menu className={css["menu"] ?? ""} aria-label={t("project.yours")}>
            <MenuSection>
              <Header className={css["header"] ?? ""}>{t("project.yours")}</Header>
              {projects.map(({ slug, name }) => (
                // Loads the page anew, so that nothing of the former project is left in it.
                <MenuItem key={slug} id={`project ${slug}`} textValue={name} className={css["item"] ?? ""} href={pathsOf(slug).runs} target="_self">
                  <span className={css["name"]}>{name}</span>
                  {slug === session.slug ? <Icon name="check" size={16} /> : null}
                </MenuItem>
              ))}
            </MenuSection>
            <Separator className={css["line"] ?? ""} />
            <MenuItem id="create" className={css["item"] ?? ""} onAction={() => setCreating(true)} data-testid="new-project">
              {t("project.create")}…
            </MenuItem>
            <Separator className={css["line"] ?? ""} />
            <MenuSection>
              <Header className={css["header"] ?? ""}>{t("project.signedIn", { user: session.person, role: t(`roles.${session.role}`) })}</Header>
              <MenuItem id="account" className={css["item"] ?? ""} onAction={() => navigate(paths.account)} data-testid="my-account">
                {t("project.account")}
              </MenuItem>
            </MenuSection>
          </Menu>
        </Popover>
      </MenuTrigger>
      {creating ? <CreateProject onClose={() => setCreating(false)} /> : null}
    </>
  );
}
