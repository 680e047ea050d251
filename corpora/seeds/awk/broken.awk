BEGIN { print ( ; /unterminated } function { $-1 = 1/0
