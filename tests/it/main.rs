mod edition;
