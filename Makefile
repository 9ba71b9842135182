# lealup: signed webhooks and integrations out of PostgreSQL. Built with PGXS; README.md tells the rest.
EXTENSION = lealup
RELEASE = 1.0
MODULE_big = lealup

OBJS = $(patsubst %.c,%.o,$(sort $(wildcard src/*.c)))
WITH_GATEWAY ?= yes
ifeq ($(WITH_GATEWAY),no)
OBJS := $(filter-out src/gateway.o src/listener.o src/request_head.o,$(OBJS))
PG_CPPFLAGS = -DWITHOUT_GATEWAY
endif
# Providers come after what they are rows of, and before the rights; what those of one company share comes before each of them.
PROVIDERS_SHARE = sql/providers/google.sql
SQL_PARTS = $(sort $(wildcard sql/[0-7]*.sql)) $(PROVIDERS_SHARE) $(filter-out $(PROVIDERS_SHARE),$(sort $(wildcard sql/providers/*.sql))) $(sort $(wildcard sql/[89]*.sql))
DATA = $(wildcard sql/upgrade/*.sql)
DATA_built = lealup--$(RELEASE).sql

REGRESS = $(patsubst test/sql/%.sql,%,$(sort $(wildcard test/sql/*.sql)))
REGRESS_OPTS = --inputdir=. --outputdir=test

PG_CFLAGS = -Wall -Wextra -Wno-unused-parameter -Wno-missing-field-initializers -Wno-sign-compare
PG_CXXFLAGS = -Wall -Wextra $(COPT)
# The one file in C++ is no OBJS, so that there is no bitcode of it: its exceptions are not for inlining into other code.
SHLIB_LINK = src/phone.o -lphonenumber -lstdc++ -lcurl -lcrypto $(if $(filter no,$(WITH_GATEWAY)),,-lmicrohttpd)
EXTRA_CLEAN = src/phone.o lealup--$(RELEASE).sql test/results test/regression.diffs test/regression.out test/tmp_check test/log

PG_CONFIG ?= pg_config
ifneq ($(shell command -v $(PG_CONFIG) 2>/dev/null),)
PGXS := $(shell $(PG_CONFIG) --pgxs)
endif

# quickstart and test install what a build needs, so they work before pg_config is there.
ifneq ($(PGXS),)
include $(PGXS)
$(OBJS): $(wildcard src/*.h)
$(shlib): src/phone.o
src/phone.o: src/phone.cc src/phone.h
	$(CXX) $(CXXFLAGS) $(CPPFLAGS) -c -o $@ $<
else
all install installcheck clean:
	@echo "pg_config was not found: install postgresql-server-dev, or name it: make PG_CONFIG=/path/to/pg_config" >&2; exit 1
endif

lealup--$(RELEASE).sql: $(SQL_PARTS)
	cat $^ > $@

quickstart:
	test/quickstart/run
quickstart-stop:
	test/quickstart/stop
test:
	test/run
test-matrix:
	test/matrix
memcheck:
	test/memcheck
bench:
	test/bench/run

.PHONY: quickstart quickstart-stop test test-matrix memcheck bench
