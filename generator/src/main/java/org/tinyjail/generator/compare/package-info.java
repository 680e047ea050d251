/** What policies say of every call with every arguments: compared, joined, searched. */
@NullMarked
package org.tinyjail.generator.compare;

import org.jspecify.annotations.NullMarked;
