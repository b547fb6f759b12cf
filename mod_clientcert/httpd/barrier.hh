// SPDX-License-Identifier: Apache-2.0
// Where httpd calls C++: no exception passes, and what is built in a pool is
// destroyed with it.
#pragma once

#include "httpd/httpd.hh"

#include <exception>
#include <new>
#include <string>
#include <type_traits>
#include <utility>

namespace clientcert::httpd {

inline void report(const char *what, request_rec *r, const auto &...)
{
    ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r, CCLOGNO(0001) "request failed: %s", what);
}

inline void report(const char *what, ap_expr_eval_ctx_t *context, const auto &...)
{
    *context->err = apr_pstrdup(context->p, what);
}

inline void report(const char *what, const auto &...)
{
    ap_log_error(APLOG_MARK, APLOG_ERR, 0, ap_server_conf, CCLOGNO(0002) "%s", what);
}

/// What a function whose result is nothing answers after an exception.
struct Nothing {};

template <auto Function, auto Failure, typename = decltype(Function)>
struct Guard;

template <auto Function, auto Failure, typename Result, typename... Args>
struct Guard<Function, Failure, Result (*)(Args...)> {
    static Result call(Args... args) noexcept
    {
        try {
            return Function(args...);
        } catch (const std::exception &e) {
            report(e.what(), args...);
        } catch (...) {
            report("unknown exception", args...);
        }
        if constexpr (!std::is_void_v<Result>)
            return static_cast<Result>(Failure);
    }
};

/// `Function` as httpd may call it; `Failure` is what httpd gets for an
/// exception, and must be the answer that refuses.
template <auto Function, auto Failure>
constexpr auto guarded = &Guard<Function, Failure>::call;

/// clang 14 does not yet build aggregates in round brackets.
template <typename T, typename... Args>
T *construct(void *memory, Args &&...args)
{
    if constexpr (std::is_aggregate_v<T>)
        return new (memory) T{std::forward<Args>(args)...};
    else
        return new (memory) T(std::forward<Args>(args)...);
}

/// An object of the pool: built there, destroyed with it.
template <typename T, typename... Args>
T *pool_new(apr_pool_t *pool, Args &&...args)
{
    static_assert(alignof(T) <= APR_ALIGN_DEFAULT(1), "apr_palloc aligns no further");
    T *object = construct<T>(apr_palloc(pool, sizeof(T)), std::forward<Args>(args)...);
    if constexpr (!std::is_trivially_destructible_v<T>) {
        apr_pool_cleanup_register(
            pool, object,
            [](void *p) noexcept -> apr_status_t {
                static_cast<T *>(p)->~T();
                return APR_SUCCESS;
            },
            apr_pool_cleanup_null);
    }
    return object;
}

inline const char *pool_copy(apr_pool_t *pool, const std::string &text)
{
    return apr_pstrmemdup(pool, text.data(), text.size());
}

}  // namespace clientcert::httpd
