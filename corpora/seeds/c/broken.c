#if
int f( { "x
#define F(
/* 