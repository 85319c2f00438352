// SPDX-License-Identifier: Apache-2.0
//
// CryptoEngine, the calls to ENGINE_*(3). An engine keeps the dialog it was given after the call it
// was given for, and would ask at the terminal without one: whenever none of our calls is under
// way, it has one that says nothing.
#define OPENSSL_SUPPRESS_DEPRECATED 1  // NOLINT(*-macro-usage): see the header
#include "ssl_engine/openssl/crypto_engine.h"

#include <openssl/err.h>
#ifndef OPENSSL_NO_ENGINE
#include <openssl/engine.h>
#endif

#include <utility>

#include "ssl_engine/openssl/errors.h"

namespace tlsplus {

#ifndef OPENSSL_NO_ENGINE

namespace {

void set_dialog(ENGINE& engine, const UI_METHOD* dialog, PinSource* pins) noexcept {
  // Optional: not every engine has these commands.
  (void)ENGINE_ctrl_cmd(&engine, "SET_USER_INTERFACE", 0, const_cast<UI_METHOD*>(dialog), nullptr,
                        1);
  (void)ENGINE_ctrl_cmd(&engine, "SET_CALLBACK_DATA", 0, static_cast<void*>(pins), nullptr, 1);
  ERR_clear_error();
}

/// While it lives, the engine asks `pins`.
class Asking {
 public:
  Asking(ENGINE& engine, PinSource& pins) : engine_(engine), dialog_(pin_dialog()) {
    set_dialog(engine_, dialog_.get(), &pins);
  }
  Asking(const Asking&) = delete;
  Asking& operator=(const Asking&) = delete;
  ~Asking() {
    // What went wrong is for the caller to read.
    ERR_set_mark();
    (void)ENGINE_ctrl_cmd(&engine_, "SET_USER_INTERFACE", 0, const_cast<UI_METHOD*>(UI_null()),
                          nullptr, 1);
    (void)ENGINE_ctrl_cmd(&engine_, "SET_CALLBACK_DATA", 0, nullptr, nullptr, 1);
    ERR_pop_to_mark();
  }

  [[nodiscard]] UI_METHOD* dialog() const noexcept { return dialog_.get(); }

 private:
  ENGINE& engine_;
  UiMethod dialog_;
};

}  // namespace

struct CryptoEngine::Handle {
  explicit Handle(ENGINE& started) noexcept : engine(started) {}
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  ~Handle() {
    ENGINE_finish(&engine);
    ENGINE_free(&engine);
  }
  ENGINE& engine;
};

std::vector<std::string> crypto_engines() {
  std::vector<std::string> found;
  ENGINE_load_builtin_engines();
  // ENGINE_get_next() takes our reference to the current one and gives one to the next.
  for (ENGINE* engine = ENGINE_get_first(); engine != nullptr; engine = ENGINE_get_next(engine)) {
    found.push_back(std::string(ENGINE_get_id(engine)) + " (" + ENGINE_get_name(engine) + ")");
  }
  return found;
}

EngineKind crypto_engine_kind(const std::string& id) {
  ENGINE_load_builtin_engines();
  ENGINE* const engine = ENGINE_by_id(id.c_str());
  const auto kind = engine == nullptr                                     ? EngineKind::none
                    : ENGINE_get_load_privkey_function(engine) == nullptr ? EngineKind::computes
                                                                          : EngineKind::keys;
  ENGINE_free(engine);
  clear_openssl_errors();
  return kind;
}

Result<std::shared_ptr<CryptoEngine>> CryptoEngine::start(const std::string& id) {
  clear_openssl_errors();
  ENGINE_load_builtin_engines();
  ENGINE* const engine = ENGINE_by_id(id.c_str());
  if (engine == nullptr) return openssl_error("there is no engine " + id);
  if (ENGINE_init(engine) != 1) {
    Error error = openssl_error("the engine " + id + " does not start");
    ENGINE_free(engine);
    return error;
  }
  // What goes wrong is told by us; a child's standard error is nobody's.
  (void)ENGINE_ctrl_cmd_string(engine, "QUIET", nullptr, 1);
  set_dialog(*engine, UI_null(), nullptr);
  return std::shared_ptr<CryptoEngine>(new CryptoEngine(std::make_unique<Handle>(*engine)));
}

CryptoEngine::CryptoEngine(std::unique_ptr<Handle> handle) : handle_(std::move(handle)) {}

CryptoEngine::~CryptoEngine() {
  if (!is_default_) return;
  ENGINE* const engine = &handle_->engine;
  ENGINE_unregister_RSA(engine);
  ENGINE_unregister_DSA(engine);
  ENGINE_unregister_EC(engine);
  ENGINE_unregister_DH(engine);
  ENGINE_unregister_RAND(engine);
  ENGINE_unregister_ciphers(engine);
  ENGINE_unregister_digests(engine);
  ENGINE_unregister_pkey_meths(engine);
  ENGINE_unregister_pkey_asn1_meths(engine);
}

Status CryptoEngine::make_default() {
  clear_openssl_errors();
  if (ENGINE_set_default(&handle_->engine, ENGINE_METHOD_ALL) != 1) {
    return openssl_error(std::string("the engine ") + ENGINE_get_id(&handle_->engine) +
                         " cannot be made the default");
  }
  is_default_ = true;
  clear_openssl_errors();
  return {};
}

Cert CryptoEngine::certificate(const std::string& uri, PinSource& pins) {
  struct {  // the command's own agreement
    const char* uri;
    X509* certificate;
  } wanted{uri.c_str(), nullptr};
  const Asking asking(handle_->engine, pins);
  if (ENGINE_ctrl_cmd(&handle_->engine, "LOAD_CERT_CTRL", 0, &wanted, nullptr, 1) != 1) {
    return nullptr;
  }
  return Cert(wanted.certificate);
}

Pkey CryptoEngine::private_key(const std::string& uri, PinSource& pins) {
  const Asking asking(handle_->engine, pins);
  return Pkey(ENGINE_load_private_key(&handle_->engine, uri.c_str(), asking.dialog(),
                                      static_cast<void*>(&pins)));
}

#else

struct CryptoEngine::Handle {};

std::vector<std::string> crypto_engines() {
  return {};
}

EngineKind crypto_engine_kind(const std::string& /*id*/) {
  return EngineKind::none;
}

Result<std::shared_ptr<CryptoEngine>> CryptoEngine::start(const std::string& id) {
  return Error{.what = "this OpenSSL has no engines, so none of the name " + id};
}

CryptoEngine::CryptoEngine(std::unique_ptr<Handle> handle) : handle_(std::move(handle)) {}
CryptoEngine::~CryptoEngine() = default;
Status CryptoEngine::make_default() {
  return Error{.what = "this OpenSSL has no engines"};
}
Cert CryptoEngine::certificate(const std::string& /*uri*/, PinSource& /*pins*/) {
  return nullptr;
}
Pkey CryptoEngine::private_key(const std::string& /*uri*/, PinSource& /*pins*/) {
  return nullptr;
}

#endif

}  // namespace tlsplus
