# SPDX-License-Identifier: Apache-2.0
"""What python's ssl cannot do: another certificate on an open connection, or one without its key.

    with server.tls(alice, version="1.2") as connection:
        identity.change(connection, mallory)   # the server's next request for one gets Mallory's

The OpenSSL below python's ssl does it; a connection's SSL is where CPython keeps it."""
import _ssl
import ctypes

LIBSSL = ctypes.CDLL(getattr(_ssl, "__file__", None))  # finds what the module is linked with
HEAD = object.__basicsize__
PEM = 1


def function(name, *arguments, result=ctypes.c_void_p):
    found = getattr(LIBSSL, name)
    found.argtypes, found.restype = arguments, result
    return found


POINTER, TEXT, INT = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int
SSL_get_SSL_CTX = function("SSL_get_SSL_CTX", POINTER)
SSL_use_certificate_chain_file = function("SSL_use_certificate_chain_file", POINTER, TEXT, result=INT)
SSL_use_PrivateKey_file = function("SSL_use_PrivateKey_file", POINTER, TEXT, INT, result=INT)
SSL_use_PrivateKey = function("SSL_use_PrivateKey", POINTER, POINTER, result=INT)
SSL_CTX_use_certificate_ASN1 = function("SSL_CTX_use_certificate_ASN1", POINTER, INT, TEXT, result=INT)
SSL_CTX_use_PrivateKey_file = function("SSL_CTX_use_PrivateKey_file", POINTER, TEXT, INT, result=INT)
ERR_clear_error = function("ERR_clear_error", result=None)
SSL_CTX_use_PrivateKey = function("SSL_CTX_use_PrivateKey", POINTER, POINTER, result=INT)
SSL_certs_clear = function("SSL_certs_clear", POINTER, result=None)
BIO_new_file = function("BIO_new_file", TEXT, TEXT)
BIO_free = function("BIO_free", POINTER, result=INT)
PEM_read_bio_ECPrivateKey = function("PEM_read_bio_ECPrivateKey", POINTER, POINTER, POINTER, POINTER)
EVP_PKEY_new = function("EVP_PKEY_new")
EVP_PKEY_set1_EC_KEY = function("EVP_PKEY_set1_EC_KEY", POINTER, POINTER, result=INT)
EVP_PKEY_free = function("EVP_PKEY_free", POINTER, result=None)
EC_KEY_get0_private_key = function("EC_KEY_get0_private_key", POINTER)
EC_KEY_set_private_key = function("EC_KEY_set_private_key", POINTER, POINTER, result=INT)
EC_KEY_free = function("EC_KEY_free", POINTER, result=None)
BN_dup = function("BN_dup", POINTER)
BN_add_word = function("BN_add_word", POINTER, ctypes.c_ulong, result=INT)
BN_free = function("BN_free", POINTER, result=None)


def done(result, what):
    assert result, f"OpenSSL's {what} failed"
    return result


def ssl_of(connection):
    """The SSL of a harness.tls.Connection: behind a reference to the socket (CPython's PySSLSocket)."""
    ssl = POINTER.from_address(id(connection.socket._sslobj) + HEAD + ctypes.sizeof(POINTER)).value
    assert SSL_get_SSL_CTX(ssl) == context_of(connection.socket.context), \
        "this python keeps the SSL of a connection elsewhere"
    return ssl


def context_of(context):
    """The SSL_CTX of an ssl.SSLContext."""
    return POINTER.from_address(id(context) + HEAD).value


def forget(connection):
    """From now on the connection has no certificate to present."""
    SSL_certs_clear(ssl_of(connection))


def change(connection, credential):
    """From now on the connection presents this one."""
    ssl = ssl_of(connection)
    SSL_certs_clear(ssl)
    done(SSL_use_certificate_chain_file(ssl, str(credential.chain).encode()), "SSL_use_certificate_chain_file")
    done(SSL_use_PrivateKey_file(ssl, str(credential.key).encode(), PEM), "SSL_use_PrivateKey_file")


def forge(connection, credential):
    """From now on the connection presents this certificate as one who has not its key would: every
    signature is made with another key. (The credential's own has to be an EC key.)"""
    ssl = ssl_of(connection)
    SSL_certs_clear(ssl)
    done(SSL_use_certificate_chain_file(ssl, str(credential.chain).encode()), "SSL_use_certificate_chain_file")
    with_another_key(credential, lambda pkey: SSL_use_PrivateKey(ssl, pkey))


def forge_context(context, credential):
    """The same for every connection that will be made with this ssl.SSLContext."""
    context.load_cert_chain(credential.chain, credential.key)
    with_another_key(credential, lambda pkey: SSL_CTX_use_PrivateKey(context_of(context), pkey))


def present(context, credential):
    """Connections that will be made with this ssl.SSLContext present the leaf alone, whatever OpenSSL thinks
    of it."""
    made, der, key = context_of(context), credential.der, str(credential.key).encode()
    done(SSL_CTX_use_certificate_ASN1(made, len(der), der), "SSL_CTX_use_certificate_ASN1")
    ERR_clear_error()
    done(SSL_CTX_use_PrivateKey_file(made, key, PEM), "SSL_CTX_use_PrivateKey_file")
    ERR_clear_error()


def with_another_key(credential, use):
    file = done(BIO_new_file(str(credential.key).encode(), b"r"), "BIO_new_file")
    ec = done(PEM_read_bio_ECPrivateKey(file, None, None, None), "PEM_read_bio_ECPrivateKey")
    pkey = done(EVP_PKEY_new(), "EVP_PKEY_new")
    done(EVP_PKEY_set1_EC_KEY(pkey, ec), "EVP_PKEY_set1_EC_KEY")
    # OpenSSL compares the public halves here, and takes the key over by reference ...
    done(use(pkey), "use_PrivateKey")
    # ... so that the private half can still become another one.
    other = done(BN_dup(EC_KEY_get0_private_key(ec)), "BN_dup")
    done(BN_add_word(other, 1), "BN_add_word")
    done(EC_KEY_set_private_key(ec, other), "EC_KEY_set_private_key")
    BN_free(other)
    EVP_PKEY_free(pkey)
    EC_KEY_free(ec)
    BIO_free(file)
