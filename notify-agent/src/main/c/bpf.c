/* bpf.c - the small part of classic BPF that a plan may use: checked before use, run for the verdict. */
#include <string.h>

#include "launcher.h"

enum { INSTRUCTIONS_MAX = 4096 };

static bool jump_inside(uint32_t at, uint32_t by, uint32_t length) { return by < length - at - 1; }

static bool instruction_valid(struct program program, uint32_t at) {
  const struct sock_filter *op = &program.code[at];
  switch (op->code) {
    case BPF_LD | BPF_W | BPF_ABS:
      return op->k % 4 == 0 && op->k < sizeof(struct seccomp_data);
    case BPF_LD | BPF_IMM:
    case BPF_ALU | BPF_AND | BPF_K:
    case BPF_RET | BPF_K:
      return true;
    case BPF_JMP | BPF_JA:
      return jump_inside(at, op->k, program.length);
    case BPF_JMP | BPF_JEQ | BPF_K:
    case BPF_JMP | BPF_JGT | BPF_K:
    case BPF_JMP | BPF_JGE | BPF_K:
    case BPF_JMP | BPF_JSET | BPF_K:
      return jump_inside(at, op->jt, program.length) && jump_inside(at, op->jf, program.length);
    default:
      return false;
  }
}

/* Jumps go forward only and the last instruction returns: whatever passes here ends. */
bool bpf_valid(struct program program) {
  if (program.length == 0 || program.length > INSTRUCTIONS_MAX) return false;
  for (uint32_t at = 0; at < program.length; at++)
    if (!instruction_valid(program, at)) return false;
  return program.code[program.length - 1].code == (BPF_RET | BPF_K);
}

uint32_t bpf_run(struct program program, const struct seccomp_data *data) {
  uint32_t a = 0;
  for (const struct sock_filter *op = program.code;; op++) {
    switch (op->code) {
      case BPF_LD | BPF_W | BPF_ABS:
        memcpy(&a, (const uint8_t *)data + op->k, sizeof a);
        break;
      case BPF_LD | BPF_IMM:
        a = op->k;
        break;
      case BPF_ALU | BPF_AND | BPF_K:
        a &= op->k;
        break;
      case BPF_JMP | BPF_JA:
        op += op->k;
        break;
      case BPF_JMP | BPF_JEQ | BPF_K:
        op += a == op->k ? op->jt : op->jf;
        break;
      case BPF_JMP | BPF_JGT | BPF_K:
        op += a > op->k ? op->jt : op->jf;
        break;
      case BPF_JMP | BPF_JGE | BPF_K:
        op += a >= op->k ? op->jt : op->jf;
        break;
      case BPF_JMP | BPF_JSET | BPF_K:
        op += a & op->k ? op->jt : op->jf;
        break;
      default:
        return op->k; /* BPF_RET, as bpf_valid has seen to */
    }
  }
}
