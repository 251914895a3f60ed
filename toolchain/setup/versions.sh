# shellcheck shell=bash disable=SC2034 # read by the files that source this one
# Every version that set-up pins, with its reason. npm packages are pinned by package-lock.json, Go modules by each go.sum,
# the provider plugins by package.json, whose SDKs they must match, and the official images by components/images.ts.

# From 22.18 on Node.js runs TypeScript files by itself; 24 also keeps what is left of them without their types, which saves a tenth of a preview.
NODE_MINIMUM=22.18.0
NODE_VERSION=24.21.0

# The newest CLI whose sources the Go module proxy holds, so that a download and a build give the same one.
PULUMI_MINIMUM=3.259.0
PULUMI_VERSION=3.259.0

# From 1.21 on Go fetches the newer Go that a module asks for through the module proxy.
GO_MINIMUM=1.21.0
GO_VERSION=1.26.8

# Where no registry is reachable: the Debian release that has PostgreSQL 18, and what the tenants' image is made of.
DEBIAN_SUITE=forky
POSTGRES_PACKAGES=postgresql-18,postgresql-18-pgvector,pgbackrest,libschedule-cron-events-perl,pgbouncer,prometheus-postgres-exporter,s6
