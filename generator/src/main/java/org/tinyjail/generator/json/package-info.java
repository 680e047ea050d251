/** Reading and writing JSON files with errors that say where and what to do. */
@NullMarked
package org.tinyjail.generator.json;

import org.jspecify.annotations.NullMarked;
