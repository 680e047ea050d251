cat < /etc/hostname > /tmp/o 2>&1; echo x >> /tmp/o; exec 3<>/tmp/o; read l <&3; exec 3>&-
cat <<END | tr a-z A-Z
here $HOME
END
( echo sub; exit 3 ) & wait $!; { echo g; } | cat; : > /dev/null
