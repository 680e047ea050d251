/** Tests of the agent, with real filters on real programs. */
@NullMarked
package org.tinyjail.agent;

import org.jspecify.annotations.NullMarked;
