<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">
<xsl:output method="text"/><xsl:template match="/a[@b='1']"><xsl:for-each select="//c"><xsl:sort select="@n"/><xsl:value-of select="concat(., document('d.xml'))"/></xsl:for-each></xsl:template>
</xsl:stylesheet>
