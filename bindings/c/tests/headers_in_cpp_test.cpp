#include "actz/actz.h"

int main() { return actz_dtype_bytes(ACTZ_F32) == 4 ? 0 : 1; }
