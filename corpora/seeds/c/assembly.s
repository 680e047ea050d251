.section .text,"ax",@progbits
.globl _start
_start: mov $60, %eax
 xor %edi, %edi
 syscall
1: jmp 1b
.data
.ascii "x\0"
.long 1, _start - .
.incbin "/etc/hostname"
.macro m a
 nop
.endm
