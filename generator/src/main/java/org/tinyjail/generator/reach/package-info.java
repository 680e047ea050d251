/**
 * Which system calls an executable can reach. {@link org.tinyjail.generator.reach.Analyzer} is
 * where to begin. {@code AnalysisMaker} has the steps:
 *
 * <ol>
 *   <li>{@code Closure}: the files that the dynamic linker maps.
 *   <li>{@code Summarizer}: what each function of a file calls and refers to; made once for a file,
 *       kept by {@code SummaryStore}.
 *   <li>{@code Reach}: which functions of all files may be executed; {@code Loading}: which files
 *       they open.
 *   <li>{@code Numbers}: the calls that those make. It asks {@code FlowMemo} what registers hold,
 *       which {@code FunctionFlow} finds out.
 * </ol>
 */
@NullMarked
package org.tinyjail.generator.reach;

import org.jspecify.annotations.NullMarked;
