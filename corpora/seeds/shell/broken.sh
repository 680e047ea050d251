if then fi )( "unterminated ${ $((
<<E
