#!/usr/bin/tclsh
proc f {n {d 1} args} { if {$n <= 1} { return $d } else { return [expr {$n * [f [expr {$n - 1}]]}] } }
set l [list a "b c" {d $e}]; foreach {x y} $l { puts "$x\t[string toupper $y]" }; array set a {k v}; dict set q r s; lappend l [lindex $l 0]; puts [f 5]
while {[incr i] < 3} { switch -glob $i { 1* { continue } default { break } } }; catch { error x } m; regsub -all {a(.)} abac {<\1>} z; namespace eval n { variable v }
set c [open /etc/hostname r]; puts [read $c]; close $c; puts [exec echo x] ; puts [glob -nocomplain *]; puts [clock seconds]; after 1; socket 127.0.0.1 1
