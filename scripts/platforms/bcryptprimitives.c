/*
 * The one function of bcryptprimitives.dll that Rust's standard library uses, for a Wine that has no such library. It is
 * put into the Wine prefix of the tests, and into nothing else.
 */

#include <windows.h>
#include <ntsecapi.h>

__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE data, SIZE_T length)
{
    return RtlGenRandom(data, (ULONG)length);
}
