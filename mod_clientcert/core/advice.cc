// SPDX-License-Identifier: Apache-2.0
// The same texts stand in examples/error-pages, where people change and translate them.
#include <clientcert/advice.hh>

#include <array>

namespace clientcert {
namespace {

struct Row {
    Reason reason;
    Advice advice;
};

constexpr Advice no_list{
    "Your certificate cannot be checked right now",
    "This site has no current list of revoked certificates from the authority that issued "
    "yours. That is not your fault.",
    "Try again in an hour."};

constexpr Advice too_weak{"Your certificate is not safe any more",
                          "It was made with cryptography that can be broken today.",
                          "Get a new one where you got this one."};

constexpr auto rows = std::to_array<Row>({
    {Reason::rule,
     {"Your certificate does not open this page",
      "There is nothing wrong with it, but this page is for others.",
      "If you have several certificates, close all windows of your browser, come again "
      "and choose another one. If you should have access, ask whoever is in charge of "
      "this page."}},
    {Reason::expired,
     {"Your certificate has expired",
      "Certificates are good for a certain time, and that of yours is over. (Or that of "
      "the authority that issued it.)",
      "Get a new one where you got this one. If you have a new one already, close all "
      "windows of your browser, come again and choose it."}},
    {Reason::not_yet_valid,
     {"Your certificate is not valid yet", "It is good from a day in the future.",
      "Use your old one until then, if you still have it: close all windows of your "
      "browser, come again and choose it. Or come again when the new one is valid."}},
    {Reason::revoked,
     {"Your certificate has been revoked",
      "Whoever issued it has withdrawn it, for instance because it was reported lost or "
      "because you have a new one.",
      "Use your new certificate: close all windows of your browser, come again and choose "
      "it. If you do not know why it was revoked, call the help desk at once."}},
    {Reason::unknown_issuer,
     {"This page does not accept certificates of that kind",
      "Yours was issued by somebody whom this site does not know.",
      "You may have chosen the wrong one of several: close all windows of your browser, "
      "come again and choose the one that you got for this site."}},
    {Reason::self_signed,
     {"Nobody vouches for your certificate", "It was not issued by an authority: it signs itself.",
      "You may have chosen the wrong one of several: close all windows of your browser, "
      "come again and choose the one that you got for this site."}},
    {Reason::bad_signature,
     {"Your certificate is damaged", "It was changed after it had been issued, or it is a forgery.",
      "Install it anew from what you were given, or get a new one."}},
    {Reason::wrong_purpose,
     {"Your certificate is for something else",
      "It was issued to sign or encrypt mail, for a server, or for another purpose, and "
      "not to log in.",
      "Most smart cards have several certificates: close all windows of your browser, "
      "come again and choose the one for logging in (authentication)."}},
    {Reason::chain_too_long,
     {"Your certificate cannot be checked here",
      "There are more authorities between it and those that this site trusts than the "
      "site allows. That is not your fault.",
      "Tell the help desk: this site, or your certificate, has to be set up differently."}},
    {Reason::crl_missing, no_list},
    {Reason::crl_expired, no_list},
    {Reason::crl_invalid, no_list},
    {Reason::weak_key, too_weak},
    {Reason::weak_signature, too_weak},
    {Reason::malformed,
     {"Your certificate cannot be read",
      "It has something in it that this site does not understand, or something is "
      "missing.",
      "Choose another one if you have several. Otherwise tell the help desk: it was "
      "issued with a mistake."}},
    {Reason::no_map_match,
     {"You have no account here",
      "Your certificate is good, but no user of this site belongs to it.",
      "If you have several certificates, close all windows of your browser, come again "
      "and choose another one. Otherwise ask whoever is in charge of this site for an "
      "account."}},
    {Reason::user_mismatch,
     {"Name and certificate belong to different people",
      "You have given a name and password that are not those of the certificate's owner.",
      "Close all windows of your browser, come again with your own certificate, and give "
      "your own name and password."}},
    {Reason::password,
     {"This page wants a password as well",
      "Your certificate is good, but it is not enough for this page.",
      "Load this page again, and give your name and password."}},
    {Reason::error,
     {"Something went wrong here",
      "This site could not find out whether you may see this page. That is not your "
      "fault.",
      "Try again in a few minutes."}},
});

/// There is no certificate, and one is asked for.
constexpr Advice to_nobody{
    "This page is for people with a certificate",
    "Your browser has not shown one. Most browsers do not show one that has expired.",
    "If you have a certificate on a smart card or a token, put it in. Then close all "
    "windows of your browser, open this page again, and choose the certificate when you "
    "are asked. (A browser remembers what you chose, and does not ask twice.) If yours has "
    "expired, get a new one."};

/// There is no certificate, and a password would do as well.
constexpr Advice to_nobody_with_password{
    "This page is for people with a certificate or a password",
    "Your browser has shown no certificate, and you have not given the right name and password.",
    "Load this page again, and give your name and password. If you have a certificate, close all "
    "windows of your browser, open this page again, and choose it when you are asked."};

/// Nothing that a certificate could change.
constexpr Advice to_others{"You may not see this page", "It is open to others only.",
                           "If you should have access, ask whoever is in charge of this page."};

}  // namespace

Advice advice_on(Reason reason, Verdict::State state)
{
    const bool asks_for_one = reason == Reason::none || reason == Reason::rule;
    if (state == Verdict::State::none && asks_for_one)
        return to_nobody;
    if (state == Verdict::State::none && reason == Reason::password)
        return to_nobody_with_password;
    for (const auto &row : rows)
        if (row.reason == reason)
            return row.advice;
    return to_others;
}

}  // namespace clientcert
