#!/bin/sh
# Create the database with its two roles (docs/database.md). The postgres image runs this once, for a new volume.
set -eu
psql -v ON_ERROR_STOP=1 -U "${POSTGRES_USER:-postgres}" \
  -v owner="$AZURAFORGE_OWNER_PASSWORD" -v app="$AZURAFORGE_APP_PASSWORD" <<'SQL'
CREATE ROLE azuraforge_owner LOGIN PASSWORD :'owner';
CREATE ROLE azuraforge_app LOGIN PASSWORD :'app';
CREATE DATABASE azuraforge OWNER azuraforge_owner ENCODING 'UTF8' TEMPLATE template0;
\connect azuraforge
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT CREATE ON SCHEMA public TO azuraforge_owner;
SQL
