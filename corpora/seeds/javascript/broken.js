function ( { `${ /[/ "\u{110000}
}) => await
