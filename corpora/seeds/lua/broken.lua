local function ( end end --[[ "\z goto x
