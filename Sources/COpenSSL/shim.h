// SHA256_Init and its kin are called directly, not through a fetched EVP_MD: docs/decisions/start-up.md.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/rand.h>
#include <openssl/sha.h>
