import { useTranslation } from "react-i18next";
import { Link, useLocation } from "wouter";

import { usePaths, useSession } from "../projects/session";
import { Icon } from "../ui/Icon";
import css from "./Navigation.module.css";
import { isAt, isWithin, placeGroups, type Place } from "./places";

/** The pages of a project in three groups; collapsed, their icons only. */
export function Navigation({ collapsed, onFollow }: { collapsed: boolean; onFollow?: () => void }) {
  const { t } = useTranslation();
  const paths = usePaths();
  const session = useSession();
  const [location] = useLocation();
  const linked = (place: Place, below = false) => {
    const name = t(`shell.${place.name}`);
    return (
      <Link
        href={place.to}
        className={`${css["place"]} ${below ? css["below"] : ""}`}
        aria-current={isAt(place, location, paths.home) ? "page" : undefined}
        title={collapsed ? name : undefined}
        {...(onFollow ? { onClick: onFollow } : {})}
      >
        {place.icon ? <Icon name={place.icon} /> : null}
        <span className={collapsed ? "visually-hidden" : css["name"]}>{name}</span>
      </Link>
    );
  };
  return (
    <nav className={css["places"]} aria-label={t("shell.places")} data-collapsed={collapsed}>
      {placeGroups(paths, session).map(({ name, places }) => (
        <div key={name} className={css["group"]}>
          <p className={collapsed ? "visually-hidden" : css["groupName"]} id={`places-${name}`}>
            {t(`shell.group.${name}`)}
          </p>
          <ul aria-labelledby={`places-${name}`}>
            {places.map((place) => (
              <li key={place.name}>
                {linked(place)}
                {!collapsed && place.below && isWithin(place, location, paths.home) ? (
                  <ul>
                    {place.below.map((each) => (
                      <li key={each.name}>{linked(each, true)}</li>
                    ))}
                  </ul>
                ) : null}
              </li>
            ))}
          </ul>
        </div>
      ))}
    </nav>
  );
}
