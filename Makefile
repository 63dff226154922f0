# SPDX-License-Identifier: AGPL-3.0-or-later
#
# make            builds tegata-manager, tegata-gateway, tegata-handset, tegatactl
# make demo       installs what is missing, builds, and runs the main job, narrated
# make check      installs what is missing, builds, and runs every test
# make install    DESTDIR= PREFIX=/usr/local SYSCONFDIR=/etc
# make bench     speed beside yardsticks, twelve minutes; make bench-growth: with many of everything
# make fault MINUTES=60 SEED=1   faults under load, judged; make fault-mutants: can the judge fail?
# make check-asan | fuzz SECONDS=20 | analyze | format | clean
#
# SAN=1 builds everything under AddressSanitizer and UBSan into build-asan/, FAULT=1 with points at
# which tests make it fail into build-fault/.

PREFIX ?= /usr/local
SYSCONFDIR ?= /etc
DATADIR = $(PREFIX)/share/tegata
UNITDIR ?= $(PREFIX)/lib/systemd/system

SAN ?=
FAULT ?=
B := $(if $(SAN),build-asan,$(if $(FAULT),build-fault,build))
BIN := $(if $(SAN),build-asan/,$(if $(FAULT),build-fault/,))

PKGS := libosmocore libosmogsm libosmovty libosmoctrl talloc
PKG_CFLAGS := $(shell pkg-config --cflags $(PKGS) libpq libmicrohttpd libssl libcurl 2>/dev/null)
VERSION := $(shell git describe --tags --always 2>/dev/null || echo 0.1)

CC ?= gcc
WARN := -Wall -Wextra -Werror -Wmissing-prototypes -Wstrict-prototypes -Wno-unused-parameter \
	-Wno-missing-field-initializers
comma := ,
OPT := $(if $(SAN),-O1 -fsanitize=address$(comma)undefined -fno-sanitize-recover=undefined \
	-fno-omit-frame-pointer,-O2 -D_FORTIFY_SOURCE=2 -fstack-protector-strong)
CFLAGS += -std=gnu11 -g $(OPT) $(if $(FAULT),-DTEGATA_FAULT) $(WARN) -D_GNU_SOURCE -I. $(PKG_CFLAGS) \
	-DTEGATA_VERSION='"$(VERSION)"' -DTEGATA_DATADIR='"$(DATADIR)"' \
	-DTEGATA_SYSCONFDIR='"$(SYSCONFDIR)"'
LDFLAGS += $(if $(SAN),-fsanitize=address$(comma)undefined,-Wl$(comma)-z$(comma)relro$(comma)-z$(comma)now)
LIBS_CORE := $(shell pkg-config --libs $(PKGS) 2>/dev/null) -lpthread
LIBS_manager := $(shell pkg-config --libs libpq libmicrohttpd libssl 2>/dev/null) -lcrypto
LIBS_gateway := $(shell pkg-config --libs libmicrohttpd gnutls libssl 2>/dev/null) -lcrypto
LIBS_handset := $(shell pkg-config --libs libcurl libssl 2>/dev/null) -lcrypto -lreadline -lm
LIBS_ctl := $(shell pkg-config --libs libpq 2>/dev/null) -lcrypto
LIBS_lib := $(shell pkg-config --libs libmicrohttpd libssl 2>/dev/null) -lcrypto

# V=1 shows whole command lines.
V ?=
Q := $(if $(V),,@)
say = $(if $(V),,@printf '  %-3s %s\n' $(1) $@)

PROGRAMS := $(BIN)tegata-manager $(BIN)tegata-gateway $(BIN)tegata-handset $(BIN)tegatactl

src = $(wildcard $(1)/*.c)
obj = $(patsubst %.c,$(B)/%.o,$(1))
LIB_OBJ := $(call obj,$(call src,lib))
MANAGER_OBJ := $(call obj,$(call src,manager))
GATEWAY_OBJ := $(call obj,$(call src,gateway))
HANDSET_OBJ := $(call obj,$(call src,handset-sim))
CTL_OBJ := $(call obj,$(call src,manager/tegatactl))

all: $(PROGRAMS)

# Each program is an archive of everything but its main(), so that unit tests link against it.
$(B)/libtegata.a: $(LIB_OBJ)
$(B)/libmanager.a: $(filter-out %/main.o,$(MANAGER_OBJ))
$(B)/libgateway.a: $(filter-out %/main.o,$(GATEWAY_OBJ))
$(B)/libhandset.a: $(filter-out %/main.o,$(HANDSET_OBJ))
$(B)/libctl.a: $(filter-out %/main.o,$(CTL_OBJ))
$(B)/%.a:
	$(call say,AR)
	@rm -f $@
	$(Q)ar rcs $@ $^

$(BIN)tegata-manager: $(B)/manager/main.o $(B)/libmanager.a $(B)/libtegata.a
	$(call say,LD)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LIBS_manager) $(LIBS_CORE)
$(BIN)tegata-gateway: $(B)/gateway/main.o $(B)/libgateway.a $(B)/libtegata.a
	$(call say,LD)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LIBS_gateway) $(LIBS_CORE)
$(BIN)tegata-handset: $(B)/handset-sim/main.o $(B)/libhandset.a $(B)/libtegata.a
	$(call say,LD)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LIBS_handset) $(LIBS_CORE)
$(BIN)tegatactl: $(B)/manager/tegatactl/main.o $(B)/libctl.a $(B)/libtegata.a
	$(call say,LD)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LIBS_ctl) $(LIBS_CORE)

$(B)/%.o: %.c
	$(call say,CC)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) -MMD -MP -c -o $@ $<

# Version and paths are compiled in; what names them is built again when they change.
PATHS := $(VERSION) $(DATADIR) $(SYSCONFDIR)
PATHS_SRC := $(shell grep -lE 'TEGATA_(VERSION|DATADIR|SYSCONFDIR)' */*.c */*/*.c)
$(call obj,$(filter-out tests/%,$(PATHS_SRC))): $(B)/paths
$(B)/paths: FORCE
	@mkdir -p $(@D)
	@echo '$(PATHS)' | cmp -s - $@ || echo '$(PATHS)' >$@
FORCE:

-include $(shell find $(B) -name '*.d' 2>/dev/null)

# tests/unit/<part>/test_*.c; <part> is lib, manager, gateway, handset or ctl.
UNIT_SRC := $(wildcard tests/unit/*/test_*.c)
UNIT_BIN := $(patsubst %.c,$(B)/%,$(UNIT_SRC))
$(B)/tests/unit/lib/%: $(B)/tests/unit/lib/%.o $(B)/libtegata.a
	$(call say,LD)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ -lcmocka $(LIBS_lib) $(LIBS_CORE)
define unit_rule
$(B)/tests/unit/$(1)/%: $(B)/tests/unit/$(1)/%.o $(B)/lib$(1).a $(B)/libtegata.a
	$$(call say,LD)
	$$(Q)$$(CC) $$(LDFLAGS) -o $$@ $$^ -lcmocka $$(LIBS_$(1)) $$(LIBS_CORE)
endef
$(foreach part,manager gateway handset ctl,$(eval $(call unit_rule,$(part))))
$(B)/tests/bench/mhd_hello: $(B)/tests/bench/mhd_hello.o $(B)/libgateway.a $(B)/libtegata.a
	$(call say,LD)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LIBS_gateway) $(LIBS_CORE)
$(B)/tests/bench/%: $(B)/tests/bench/%.o $(B)/libmanager.a $(B)/libtegata.a
	$(call say,LD)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LIBS_manager) $(LIBS_CORE)
$(B)/tests/fault/proxy: $(patsubst %,$(B)/tests/fault/%.o,proxy proxy_conn proxy_control proxy_pipe) $(B)/libtegata.a
	$(call say,LD)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LIBS_lib) $(LIBS_CORE)
$(B)/tests/fault/smsc: $(B)/tests/fault/smsc.o $(B)/libhandset.a $(B)/libtegata.a
	$(call say,LD)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LIBS_handset) $(LIBS_CORE)
# Preloaded into programs as they are, so without sanitizers.
$(B)/tests/fault/clock_shim.so: tests/fault/clock_shim.c
	$(call say,LD)
	@mkdir -p $(@D)
	$(Q)$(CC) -std=gnu11 -O2 $(WARN) -D_GNU_SOURCE -fPIC -shared -o $@ $< -ldl
unit-bin: $(UNIT_BIN) fault-bin
fault-bin: $(B)/tests/fault/proxy $(B)/tests/fault/smsc $(B)/tests/fault/clock_shim.so

check-unit: unit-bin
	@tests/run $(UNIT_BIN)

# What is installed decides flags, so building is a make of its own behind the installation.
check:
	@tests/lib/packages check
	@$(MAKE) --no-print-directory -j$(JOBS) all unit-bin
	@$(MAKE) --no-print-directory -j$(JOBS) SAN=1 all unit-bin
	@$(MAKE) --no-print-directory -j$(JOBS) FAULT=1 all fault-bin
	@tests/run -j $(JOBS) $(FLOW) $(SUITES) $(FAULTS) $(UNIT_BIN) $(UNIT_SRC:%.c=build-asan/%) tests/lint.t

# Every test, with programs that were built under the sanitizers.
check-asan:
	@tests/lib/packages check
	@$(MAKE) --no-print-directory -j$(JOBS) SAN=1 all unit-bin
	ENV_BIN=$(CURDIR)/build-asan tests/run -j $(JOBS) -t 600 $(FLOW) $(SUITES) \
		$(UNIT_SRC:%.c=build-asan/%)

demo:
	@tests/lib/packages demo
	@$(MAKE) --no-print-directory -j$(JOBS) all
	@tests/demo

JOBS ?= 2
SECONDS ?= 20
FLOW = $(wildcard tests/flow/*.t)
SUITES = tests/sql/run tests/fuzz/short-1 tests/fuzz/short-2 tests/bench/short tests/bench/short-growth
FAULTS = tests/fault/short tests/fault/mutants/short

# Each decoder for SECONDS, then as long again hostile peers, with a new seed each round.
fuzz:
	@tests/lib/packages check
	tests/fuzz/run $(SECONDS)
	@$(MAKE) --no-print-directory -j$(JOBS) SAN=1 all
	@for i in $$(seq $$((($(SECONDS) + 19) / 20))); do \
		tests/run $(wildcard tests/flow/hostile-*.t) || exit 1; done

MINUTES ?= 60
SEED ?= 1

# What is built twice has two versions to run beside each other.
fault fault-mutants:
	@tests/lib/packages check
	@$(MAKE) --no-print-directory -j$(JOBS) all
	@$(MAKE) --no-print-directory -j$(JOBS) FAULT=1 all fault-bin
	$(if $(filter fault,$@),tests/fault/run --minutes $(MINUTES) --seed $(SEED) \
		--json build-fault/report.json,tests/fault/mutants/run)

# What clang-tidy and gcc -fanalyzer say of the product: nothing.
analyze:
	@tests/lib/packages analyze
	@said=$$(tests/analyze tidy; tests/analyze gcc); echo "$$said"; [ -z "$$said" ]

bench bench-growth:
	@tests/lib/packages bench
	@$(MAKE) --no-print-directory -j$(JOBS) all $(addprefix $(B)/tests/bench/,mhd_hello sms_bench sms_smsc)
	tests/bench/$(if $(filter bench,$@),run,growth)

# Paths in the units are those of this installation.
unit_paths = sed -e 's|@BINDIR@|$(PREFIX)/bin|g' -e 's|@DATADIR@|$(DATADIR)|g' \
	-e 's|@SYSCONFDIR@|$(SYSCONFDIR)|g'

# A configuration that is there already is kept; the examples are replaced.
install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(DATADIR)/texts $(DESTDIR)$(DATADIR)/docs \
		$(DESTDIR)$(DATADIR)/sql/patch $(DESTDIR)$(DATADIR)/sql/function \
		$(DESTDIR)$(DATADIR)/sql/view $(DESTDIR)$(SYSCONFDIR)/tegata $(DESTDIR)$(UNITDIR) \
		$(DESTDIR)$(PREFIX)/lib/sysusers.d
	install -m 755 $(PROGRAMS) $(DESTDIR)$(PREFIX)/bin
	install -m 644 etc/texts/*.txt $(DESTDIR)$(DATADIR)/texts
	install -m 644 docs/*.md docs/*.yaml docs/*.svg $(DESTDIR)$(DATADIR)/docs
	cp -r docs/examples $(DESTDIR)$(DATADIR)/docs
	install -m 644 sql/*.sql $(DESTDIR)$(DATADIR)/sql
	for d in patch function view; do \
		install -m 644 sql/$$d/*.sql $(DESTDIR)$(DATADIR)/sql/$$d || exit 1; done
	for d in manager gateway; do \
		install -m 644 etc/tegata-$$d.cfg $(DESTDIR)$(SYSCONFDIR)/tegata/$$d.cfg.example && \
		{ [ -e $(DESTDIR)$(SYSCONFDIR)/tegata/$$d.cfg ] || \
			install -m 640 etc/tegata-$$d.cfg $(DESTDIR)$(SYSCONFDIR)/tegata/$$d.cfg; } && \
		$(unit_paths) etc/systemd/tegata-$$d.service \
			>$(DESTDIR)$(UNITDIR)/tegata-$$d.service || exit 1; done
	$(unit_paths) etc/systemd/tegata-reconcile.service >$(DESTDIR)$(UNITDIR)/tegata-reconcile.service
	install -m 644 etc/systemd/tegata-reconcile.timer $(DESTDIR)$(UNITDIR)
	install -m 644 etc/systemd/tegata.sysusers $(DESTDIR)$(PREFIX)/lib/sysusers.d/tegata.conf

format:
	clang-format -i $(shell git ls-files '*.c' '*.h')

clean:
	rm -rf build build-asan build-fault tegata-manager tegata-gateway tegata-handset tegatactl

.PHONY: FORCE all install unit-bin fault-bin fault fault-mutants check check-asan check-unit demo fuzz bench bench-growth format clean
.SECONDARY:
