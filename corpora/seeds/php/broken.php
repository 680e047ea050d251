<?php class { function ( $ <<<"E
?> <?php } "
