/*
 * callbacks.c - what gcc's -fsanitize-coverage=trace-pc,trace-cmp wants to be linked with; it does nothing by itself.
 *
 *     gcc -fsanitize-coverage=trace-pc,trace-cmp -rdynamic -o app app.c callbacks.c
 *
 * preload.so puts jumps here: so -rdynamic, for the names, and 16 bytes for each. In assembly, so that gcc does not put calls
 * of these functions into them. clang has them in its runtime.
 */
#define CALLBACK(name)                                        \
  __asm__(".pushsection .text; .balign 16; .weak " name       \
          "\n.type " name ", %function\n" name                \
          ": ret\n.size " name ", 1; .balign 16; .popsection");

CALLBACK("__sanitizer_cov_trace_pc")
CALLBACK("__sanitizer_cov_trace_cmp1")
CALLBACK("__sanitizer_cov_trace_cmp2")
CALLBACK("__sanitizer_cov_trace_cmp4")
CALLBACK("__sanitizer_cov_trace_cmp8")
CALLBACK("__sanitizer_cov_trace_cmpf")
CALLBACK("__sanitizer_cov_trace_cmpd")
CALLBACK("__sanitizer_cov_trace_const_cmp1")
CALLBACK("__sanitizer_cov_trace_const_cmp2")
CALLBACK("__sanitizer_cov_trace_const_cmp4")
CALLBACK("__sanitizer_cov_trace_const_cmp8")
CALLBACK("__sanitizer_cov_trace_switch")
