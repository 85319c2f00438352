/* SPDX-License-Identifier: Apache-2.0
 *
 * Two OpenSSL providers in one, for tests that need what Debian does not ship. Which one it is, its
 * name in openssl.cnf decides:
 *
 *   fips    the default provider's own algorithms under the property fips=yes
 *   vault   opens vault:/path/to/key.der, the key of a file, once the PIN in /path/to/key.der.pin was
 *           given; every key that is opened is a line "PID" in /path/to/key.der.log
 */
#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/core_object.h>
#include <openssl/crypto.h>
#include <openssl/params.h>
#include <openssl/provider.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- fips ---- */

static OSSL_LIB_CTX* own_context;
static OSSL_PROVIDER* original;
static OSSL_ALGORITHM* tables[OSSL_OP_ENCODER]; /* by operation, made when it is asked for */

static const OSSL_ALGORITHM* fips_query(void* context, int operation, int* no_cache) {
  const OSSL_ALGORITHM* from = OSSL_PROVIDER_query_operation(original, operation, no_cache);
  size_t count = 0;
  (void)context;
  /* Reading and writing keys is no cryptography: the FIPS provider leaves that to others. */
  if (from == NULL || operation >= OSSL_OP_ENCODER) return NULL;
  if (tables[operation] != NULL) return tables[operation];
  while (from[count].algorithm_names != NULL) ++count;
  tables[operation] = calloc(count + 1, sizeof *from);
  for (size_t i = 0; i < count; ++i) {
    tables[operation][i] = from[i];
    tables[operation][i].property_definition = "provider=fips,fips=yes";
  }
  return tables[operation];
}

static int fips_capabilities(void* context, const char* capability, OSSL_CALLBACK* give,
                             void* argument) {
  (void)context;
  return OSSL_PROVIDER_get_capabilities(original, capability, give, argument);
}

static void fips_teardown(void* context) {
  (void)context;
  for (size_t i = 0; i < sizeof tables / sizeof *tables; ++i) {
    free(tables[i]);
    tables[i] = NULL;
  }
  OSSL_PROVIDER_unload(original);
  OSSL_LIB_CTX_free(own_context);
}

static const OSSL_DISPATCH kFips[] = {
    {OSSL_FUNC_PROVIDER_QUERY_OPERATION, (void (*)(void))fips_query},
    {OSSL_FUNC_PROVIDER_GET_CAPABILITIES, (void (*)(void))fips_capabilities},
    {OSSL_FUNC_PROVIDER_TEARDOWN, (void (*)(void))fips_teardown},
    {0, NULL},
};

/* ---- vault ---- */

struct vault {
  char path[512];
  int is_done;
};

static void* vault_open(void* context, const char* uri) {
  struct vault* vault = calloc(1, sizeof *vault);
  (void)context;
  snprintf(vault->path, sizeof vault->path, "%s", strchr(uri, ':') + 1);
  return vault;
}

static size_t read_file(const char* path, const char* suffix, char* into, size_t size) {
  char name[600];
  FILE* file;
  size_t got;
  snprintf(name, sizeof name, "%s%s", path, suffix);
  file = fopen(name, "rb");
  if (file == NULL) return 0;
  got = fread(into, 1, size, file);
  fclose(file);
  return got;
}

static int may_open(const struct vault* vault, OSSL_PASSPHRASE_CALLBACK* ask, void* argument) {
  char wanted[64];
  char given[64];
  size_t size = 0;
  const size_t wanted_size = read_file(vault->path, ".pin", wanted, sizeof wanted);
  if (wanted_size == 0) return 1;
  if (!ask(given, sizeof given, &size, NULL, argument)) return 0;
  return size == wanted_size && memcmp(given, wanted, size) == 0;
}

static void write_log(const struct vault* vault) {
  char name[600];
  FILE* file;
  snprintf(name, sizeof name, "%s.log", vault->path);
  file = fopen(name, "a");
  if (file == NULL) return;
  fprintf(file, "%ld\n", (long)getpid());
  fclose(file);
}

static int vault_load(void* opened, OSSL_CALLBACK* give, void* give_argument,
                      OSSL_PASSPHRASE_CALLBACK* ask, void* ask_argument) {
  struct vault* vault = opened;
  char der[4096];
  int kind = OSSL_OBJECT_PKEY;
  OSSL_PARAM object[5];
  const size_t size = read_file(vault->path, "", der, sizeof der);
  vault->is_done = 1;
  if (size == 0 || !may_open(vault, ask, ask_argument)) return 0;
  write_log(vault);
  object[0] = OSSL_PARAM_construct_int(OSSL_OBJECT_PARAM_TYPE, &kind);
  object[1] = OSSL_PARAM_construct_utf8_string(OSSL_OBJECT_PARAM_DATA_STRUCTURE,
                                               (char*)"PrivateKeyInfo", 0);
  object[2] = OSSL_PARAM_construct_octet_string(OSSL_OBJECT_PARAM_DATA, der, size);
  object[3] = OSSL_PARAM_construct_end();
  return give(object, give_argument);
}

static int vault_eof(void* opened) {
  return ((struct vault*)opened)->is_done;
}

static int vault_close(void* opened) {
  free(opened);
  return 1;
}

static const OSSL_PARAM* vault_settable(void* context) {
  static const OSSL_PARAM kNone[] = {OSSL_PARAM_END};
  (void)context;
  return kNone;
}

static int vault_set(void* opened, const OSSL_PARAM values[]) {
  (void)opened;
  (void)values;
  return 1;
}

static const OSSL_DISPATCH kVaultStore[] = {
    {OSSL_FUNC_STORE_OPEN, (void (*)(void))vault_open},
    {OSSL_FUNC_STORE_SETTABLE_CTX_PARAMS, (void (*)(void))vault_settable},
    {OSSL_FUNC_STORE_SET_CTX_PARAMS, (void (*)(void))vault_set},
    {OSSL_FUNC_STORE_LOAD, (void (*)(void))vault_load},
    {OSSL_FUNC_STORE_EOF, (void (*)(void))vault_eof},
    {OSSL_FUNC_STORE_CLOSE, (void (*)(void))vault_close},
    {0, NULL},
};

static const OSSL_ALGORITHM kVaultStores[] = {
    {"vault", "provider=vault", kVaultStore, "keys in files"},
    {NULL, NULL, NULL, NULL},
};

static const OSSL_ALGORITHM* vault_query(void* context, int operation, int* no_cache) {
  (void)context;
  *no_cache = 0;
  return operation == OSSL_OP_STORE ? kVaultStores : NULL;
}

static const OSSL_DISPATCH kVault[] = {
    {OSSL_FUNC_PROVIDER_QUERY_OPERATION, (void (*)(void))vault_query},
    {0, NULL},
};

/* ---- which one ---- */

int OSSL_provider_init(const OSSL_CORE_HANDLE* core, const OSSL_DISPATCH* from_core,
                       const OSSL_DISPATCH** ours, void** context) {
  OSSL_FUNC_core_get_params_fn* get_params = NULL;
  const char* name = NULL;
  OSSL_PARAM wanted[2];
  for (; from_core->function_id != 0; ++from_core) {
    if (from_core->function_id == OSSL_FUNC_CORE_GET_PARAMS) {
      get_params = OSSL_FUNC_core_get_params(from_core);
    }
  }
  wanted[0] = OSSL_PARAM_construct_utf8_ptr(OSSL_PROV_PARAM_CORE_PROV_NAME, (char**)&name, 0);
  wanted[1] = OSSL_PARAM_construct_end();
  if (get_params == NULL || !get_params(core, wanted) || name == NULL) return 0;
  if (strcmp(name, "vault") == 0) {
    *ours = kVault;
    *context = (void*)core;
    return 1;
  }
  own_context = OSSL_LIB_CTX_new();
  original = OSSL_PROVIDER_load(own_context, "default");
  if (original == NULL) return 0;
  *ours = kFips;
  *context = OSSL_PROVIDER_get0_provider_ctx(original);
  return 1;
}
